"""The style sheet of the HTML report: light and dark as the reader's system is, and for paper."""

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #fff; --ink: #1c2530; --soft: #586472; --rule: #dfddd6;
  --blue: #0b5c9e; --teal: #1a8a7d; --good: #1d6b3c; --good-back: #e6f3ea; --bad: #a3271f; --bad-back: #fbeae8;
  --note: #7a5200; --note-back: #fdf3dd; --mark: #e7f0f9; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --card: #1c2229; --ink: #e6e9ed; --soft: #a3aebb;
  --rule: #333c46; --blue: #6db3f2; --teal: #54c4b4; --good: #7fd39c; --good-back: #17301f; --bad: #f39a92;
  --bad-back: #3a1d1b; --note: #efc474; --note-back: #37290f; --mark: #20354a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 3rem 0 .9rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: 0 0 .6rem; }
a { color: var(--blue); }
.soft, figcaption { color: var(--soft); font-size: .875rem; }
nav { display: flex; flex-wrap: wrap; gap: .35rem 1.2rem; margin: .8rem 0 1.6rem; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; }
@media (max-width: 40rem) { .tiles { grid-template-columns: repeat(2, 1fr); } }
.tile, figure, .question { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
.tile { padding: .8rem 1rem; }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .8125rem; }
.banner { border-radius: 10px; padding: .9rem 1.1rem; margin: 1.2rem 0; background: var(--good-back);
  color: var(--good); }
.banner.bad { background: var(--bad-back); color: var(--bad); }
.banner ul { margin: .4rem 0 0; padding-left: 1.2rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .38rem .6rem .38rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; color: var(--soft); font-size: .8125rem; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.i { color: var(--soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
td svg { width: 7.5rem; height: 1rem; vertical-align: -.15em; }
.wide { overflow-x: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; padding: 1rem 1.1rem; }
figure svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font-size: 11px; } svg .name { fill: var(--ink); font-size: 12px; }
.grid { stroke: var(--rule); } .range { stroke: var(--blue); stroke-width: 4; opacity: .35; stroke-linecap: round; }
.dot, .s0 { fill: var(--blue); background: var(--blue); } .s1 { fill: var(--teal); background: var(--teal); }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
.l0 { stroke: var(--blue); background: var(--blue); } .l1 { stroke: var(--teal); background: var(--teal); }
.mark { stroke: var(--ink); stroke-dasharray: 3 3; }
.key { display: flex; gap: 1.2rem; font-size: .8125rem; color: var(--soft); margin: .2rem 0 .6rem; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; margin-right: .4rem;
  vertical-align: -.08em; }
.matrix { display: grid; grid-template-columns: auto 1fr 1fr; gap: .4rem; font-size: .875rem; align-items: stretch; }
.matrix div { padding: 1.6rem .8rem; border-radius: 8px; text-align: center; }
.matrix .head { padding: .3rem .5rem; color: var(--soft); align-self: center; }
.matrix b { display: block; font-size: 1.5rem; }
.right { background: var(--good-back); color: var(--good); } .wrong { background: var(--bad-back); color: var(--bad); }
.question { margin: 0 0 .8rem; }
.question > summary { padding: .75rem 1.1rem; cursor: pointer; list-style-position: outside; margin-left: 1.4rem; }
.question > summary b { font-weight: 600; }
.body { padding: 0 1.1rem 1.1rem; }
.chip { display: inline-block; font-size: .75rem; padding: .05rem .5rem; border-radius: 99px; margin: 0 .3rem .2rem 0;
  border: 1px solid var(--rule); color: var(--soft); }
.chip.bad { background: var(--bad-back); color: var(--bad); border-color: transparent; }
.chip.good { background: var(--good-back); color: var(--good); border-color: transparent; }
.chip.note { background: var(--note-back); color: var(--note); border-color: transparent; }
.answer { border-left: 3px solid var(--blue); padding: .1rem 0 .1rem .9rem; margin: .2rem 0 1rem; }
.answer sup { color: var(--blue); font-weight: 600; padding-left: .1rem; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem 1.6rem; }
.sides ul, .changes { list-style: none; margin: 0; padding: 0; }
.sides li { margin: 0 0 .6rem; padding: .5rem .7rem; border-radius: 6px; background: var(--paper); font-size: .9rem;
  border-left: 3px solid var(--rule); overflow-wrap: anywhere; }
.sides li.good { border-color: var(--good); } .sides li.bad { border-color: var(--bad); }
.sides li.note { border-color: var(--note); }
.sides small { display: block; color: var(--soft); font-size: .8rem; }
.changes pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: .8125rem/1.5 ui-monospace, Menlo,
  Consolas, monospace; }
.changes li { padding: .7rem 1rem; border: 1px solid var(--rule); border-radius: 10px; background: var(--card);
  margin: 0 0 .6rem; } .changes li.bad { border-color: var(--bad); }
@media print { body { background: #fff; } .question, figure, .tile { break-inside: avoid; } nav { display: none; } }
"""
