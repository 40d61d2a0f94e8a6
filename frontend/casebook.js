// Shared by the conversation and the sources panel. `element`, `trigger` and `watch` are Gradio's; `props` holds
// the HTML, which was escaped on the server and is only placed here, never built.
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const narrow = () => window.matchMedia("(max-width: 63.99rem)").matches;
const glide = (node, block) => node && node.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" });
const marks = (target) => {
  const [exchange, citation] = target.split("-").map(Number);
  return [...document.querySelectorAll(`.cb-mark[data-exchange="${exchange}"][data-citation="${citation}"]`)];
};

element.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-act]");
  if (!chosen || !element.contains(chosen)) return;
  event.preventDefault();
  const { act, exchange, citation, question, target } = chosen.dataset;
  if (act === "open") {
    document.querySelectorAll("[data-chosen]").forEach((other) => other.removeAttribute("data-chosen"));
    chosen.setAttribute("data-chosen", "");
    trigger("open", { exchange: Number(exchange), citation: Number(citation) });
  }
  if (act === "sources") trigger("sources", { exchange: Number(exchange) });
  if (act === "ask") trigger("ask", { question });
  if (act === "return") {
    // The mark that was chosen, else the first such mark; a refusal has none, and then it is the question.
    const [number] = target.split("-");
    const place = document.querySelector(".cb-mark[data-chosen]") || marks(target)[0] || document.getElementById(`cb-exchange-${number}`);
    if (!place) return;
    if (!place.hasAttribute("href")) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
    glide(place, "center");
  }
});

const settle = () => {
  // While an answer arrives, its question stays at the top of the view, as far as there is text below it.
  const log = element.querySelector(".cb-log");
  if (log) glide(log.lastElementChild, "start");
  const panel = element.querySelector(".cb-panel");
  if (!panel || panel.dataset.opened === undefined) return;
  // The reader asked for this: the panel takes the focus, and the quote comes into view.
  document.querySelectorAll(".cb-mark[aria-current]").forEach((mark) => mark.removeAttribute("aria-current"));
  marks(panel.dataset.opened).forEach((mark) => mark.setAttribute("aria-current", "true"));
  panel.querySelector(".cb-panel-title").focus({ preventScroll: true });
  const quote = panel.querySelector(".cb-document .cb-target");
  const holder = panel.parentElement.closest(".cb-panel-column") || panel;
  if (narrow()) {
    (quote || panel).scrollIntoView({ block: quote ? "center" : "start" });
  } else if (quote) {
    const middle = quote.getBoundingClientRect().top - holder.getBoundingClientRect().top;
    holder.scrollTop += middle - holder.clientHeight / 3;
  } else {
    holder.scrollTop = 0;
  }
};
watch("value", settle);
