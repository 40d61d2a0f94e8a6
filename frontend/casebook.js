// Shared by all parts of the page. `element`, `trigger` and `watch` are Gradio's; `props` holds the HTML, which was
// escaped on the server and is only placed here, never built.
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const narrow = () => window.matchMedia("(max-width: 63.99rem)").matches;
const glide = (node, block) => node && node.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" });
const within = (name) => element.querySelector(name);
const marks = (target) => {
  const [exchange, citation] = target.split("-").map(Number);
  return [...document.querySelectorAll(`.cb-mark[data-exchange="${exchange}"][data-citation="${citation}"]`)];
};

const toTop = () => {
  const view = element.closest(".cb-view");
  if (view && view.checkVisibility()) {
    view.scrollTop = 0;
    if (narrow()) window.scrollTo(0, 0);
  }
};

// Said to screen readers; the region stands outside of what is replaced.
const say = (words) => {
  const live = document.getElementById("cb-live");
  if (live && live.textContent !== words) live.textContent = words;
};

// The views are all on the page, and one of them is shown; the address says which.
const VIEWS = { ask: "Ask", library: "Library", evaluate: "Evaluate" };
const viewOf = (address) => {
  const view = new URL(address, location.href).searchParams.get("view");
  return view in VIEWS ? view : "ask";
};
const show = (view) => {
  document.documentElement.dataset.view = view;
  document.querySelectorAll(".cb-views a[data-act]").forEach((link) => {
    if (viewOf(link.href) === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
};
const go = (address) => {
  show(viewOf(address));
  if (new URL(address, location.href).href !== location.href) history.pushState(null, "", address);
};

// What is sent to the server, by the name of the act.
const SENT = {
  "open": ["exchange", "citation"],
  "sources": ["exchange"],
  "ask": ["question"],
  "again": ["question"],
  "stop": ["question"],
  "export": ["exchange", "format"],
  "rate": ["exchange", "verdict", "reason"],
  "forget": [],
  "narrow": ["field", "value"],
  "widen": ["field", "value"],
  "find": ["words"],
  "read": ["document", "start"],
  "shelf": [],
  "upload": ["tokens"],
  "bring": ["address"],
  "since": ["day"],
  "remove": ["document", "sure"],
  "try_run": ["tokens"],
  "save": ["format"],
};
const NUMBERS = new Set(["exchange", "citation", "start", "number"]);
const send = (act, data) => {
  const chosen = SENT[act].map((name) => [name, NUMBERS.has(name) ? Number(data[name]) : data[name]]);
  trigger(act, Object.fromEntries(chosen));
};

const copy = async (words) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(words);
  // Over plain HTTP from another machine there is no clipboard but this.
  const box = document.body.appendChild(document.createElement("textarea"));
  box.value = words;
  box.select();
  document.execCommand("copy");
  box.remove();
};
const confirm_ = (button, words) => {
  const before = button.dataset.name || button.textContent;
  button.dataset.name = before;
  button.textContent = words;
  say(words);
  setTimeout(() => { button.textContent = before; }, 2000);
};

// What is done here, without asking the server.
const HERE = {
  view: (chosen) => {
    go(chosen.href);
    if (narrow()) window.scrollTo(0, 0);
    const title = document.querySelector(`.cb-view-${viewOf(chosen.href)} .cb-view-title`);
    if (title) title.focus({ preventScroll: true });
  },
  return: ({ dataset }) => {
    // The mark that was chosen, else the first such mark; a refusal has none, and then it is the question.
    const [number] = dataset.target.split("-");
    const question = document.getElementById(`cb-exchange-${number}`);
    const place = document.querySelector(".cb-mark[data-chosen]") || marks(dataset.target)[0] || question;
    if (!place) return;
    if (!place.hasAttribute("href")) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
    glide(place, "center");
  },
  jump: (chosen) => {
    const heading = document.getElementById(chosen.getAttribute("href").slice(1));
    if (!heading) return;
    heading.focus({ preventScroll: true });
    glide(heading, "start");
  },
  edit: ({ dataset }) => {
    const box = document.querySelector(".cb-composer textarea");
    box.value = dataset.question;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  },
  copy: (chosen) => copy(chosen.dataset.words).then(() => confirm_(chosen, "Copied")),
  link: (chosen) => copy(new URL(chosen.getAttribute("href"), location.href).href).then(() => confirm_(chosen, "Link copied")),
  print: () => window.print(),
};

element.addEventListener("click", (event) => {
  const chosen = event.target.closest("a[data-act], button[data-act]");
  if (!chosen || !element.contains(chosen) || event.ctrlKey || event.metaKey) return;
  const { act } = chosen.dataset;
  event.preventDefault();
  if (act === "open") {
    document.querySelectorAll("[data-chosen]").forEach((other) => other.removeAttribute("data-chosen"));
    chosen.setAttribute("data-chosen", "");
  }
  if (act === "read" || act === "shelf") {
    element.dataset.began = "yes";
    go(chosen.href);
  }
  if (act === "rate") used = chosen.id;
  if (act in HERE) HERE[act](chosen);
  else send(act, chosen.dataset);
});

// Which filter was used, so that it has the focus again when the filters have been made anew.
let used = "";
element.addEventListener("change", (event) => {
  const { act, field } = event.target.dataset;
  if (act === "reason") {
    used = event.target.id;
    send("rate", { ...event.target.dataset, reason: event.target.value });
  }
  if (act !== "narrow" || !event.target.value) return;
  used = event.target.id;
  send(act, { field, value: event.target.value });
});

element.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { act } = form.dataset;
  if (act === "upload" || act === "try_run") {
    const tokens = await carry(form);
    if (tokens) send(act, { tokens });
  } else {
    send(act, { ...form.dataset, ...Object.fromEntries(new FormData(form)) });
  }
});

// Files go to the server one by one, by our own route; it gives a token for each.
const carry = async (form) => {
  const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  const status = form.querySelector(".cb-carried-files");
  const tokens = [];
  for (const file of files) {
    status.textContent = `Sending ${file.name} …`;
    const name = encodeURIComponent(file.name);
    const headers = { "x-casebook": "upload", "content-type": "application/octet-stream" };
    let reply;
    try {
      reply = await fetch(`upload?name=${name}`, { method: "POST", headers, body: file });
    } catch {
      reply = { ok: false, text: async () => "it could not be sent." };
    }
    const words = await reply.text();
    if (!reply.ok) {
      status.textContent = `${file.name}: ${words}`;
      return null;
    }
    tokens.push(words);
  }
  status.textContent = files.length ? "" : "Choose a file first.";
  return tokens.length ? tokens : null;
};

// What unfolds is to be seen.
element.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches(".cb-save, .cb-searched-part details")) glide(target, "nearest");
}, true);

const settle = () => {
  // While an answer arrives, its question stays at the top of the view, as far as there is text below it.
  const log = within(".cb-log");
  const last = log && log.lastElementChild;
  if (last) {
    // A verdict changes an answer that stands already, and nothing is to move.
    const seen = `${log.children.length} ${!!last.querySelector(".cb-tools")}`;
    if (!used && (element.dataset.seen !== seen || !last.querySelector(".cb-tools"))) glide(last, "start");
    element.dataset.seen = seen;
    const done = last.querySelector(".cb-answer:has(.cb-closing), .cb-refusal, .cb-problem");
    say(done ? done.innerText : "Searching the case studies…");
  }
  const panel = within(".cb-panel");
  if (panel && panel.dataset.opened !== undefined) opened(panel);
  const library = within(".cb-library");
  // Where there is no room beside the text, the contents would push it far down.
  if (narrow()) element.querySelectorAll(".cb-contents details").forEach((list) => { list.open = false; });
  if (library) {
    const place = library.dataset.at && document.getElementById(library.dataset.at);
    if (element.dataset.began && (place || library.dataset.reading)) (place || within(".cb-view-title")).focus({ preventScroll: true });
    if (place) glide(place, "start");
    else if (element.dataset.began) toTop();
  }
  const download = within(".cb-download");
  if (download) download.click();
  if (used && (document.getElementById(used) || within("summary"))) (document.getElementById(used) || within("summary")).focus();
  used = "";
};

const opened = (panel) => {
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

if (within(".cb-views")) {
  show(viewOf(location.href));
  window.addEventListener("popstate", () => show(viewOf(location.href)));
}
if (within("[data-busy]")) {
  // Gradio says in its own words, as an error, that too many are asking; nothing went wrong.
  const ours = within("[data-busy]").dataset.busy;
  new MutationObserver(() => {
    document.querySelectorAll('[data-testid="toast-body"]').forEach((toast) => {
      const words = toast.querySelector('[data-testid="toast-text"]');
      if (!words || !words.textContent.includes("currently busy")) return;
      words.textContent = ours;
      toast.querySelector(".toast-title").textContent = "Busy";
    });
  }).observe(document.body, { childList: true, subtree: true });
}
if (within(".cb-library")) {
  window.addEventListener("popstate", () => {
    const asked = new URL(location.href).searchParams;
    if (viewOf(location.href) !== "library") return;
    if (asked.get("doc")) trigger("read", { document: asked.get("doc"), start: Number(asked.get("at") || 0) });
    else trigger("shelf", {});
  });
}
