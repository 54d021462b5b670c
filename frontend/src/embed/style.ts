/** Style of the widget. Custom properties and parts are its public interface: see docs/widget.md. */
export const STYLE = `
:host {
  --text: var(--leader-board-text, #1b2430);
  --muted: var(--leader-board-muted, #55606e);
  --ground: var(--leader-board-ground, #fff);
  --line: var(--leader-board-line, #dde2e8);
  --accent: var(--leader-board-accent, #3949ab);
  --changed: var(--leader-board-changed, #e3e7fb);
  display: block;
  color: var(--text);
  background: var(--ground);
  font: 1rem/1.4 var(--leader-board-font, system-ui, sans-serif);
}
:host([hidden]) { display: none; }
:host([theme=dark]) {
  --text: var(--leader-board-text, #eef1f5);
  --muted: var(--leader-board-muted, #aeb8c4);
  --ground: var(--leader-board-ground, #14181f);
  --line: var(--leader-board-line, #2c343f);
  --accent: var(--leader-board-accent, #9fa8ff);
  --changed: var(--leader-board-changed, #262c4d);
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme=light])) {
    --text: var(--leader-board-text, #eef1f5);
    --muted: var(--leader-board-muted, #aeb8c4);
    --ground: var(--leader-board-ground, #14181f);
    --line: var(--leader-board-line, #2c343f);
    --accent: var(--leader-board-accent, #9fa8ff);
    --changed: var(--leader-board-changed, #262c4d);
  }
}
:host([obs]) {
  --text: var(--leader-board-text, #fff);
  --muted: var(--leader-board-muted, #fff);
  --ground: transparent;
  --line: transparent;
  --accent: var(--leader-board-accent, #ffd54a);
  --changed: rgb(255 255 255 / 20%);
  font-size: 1.5rem;
  font-weight: 600;
  text-shadow: 0 0 .2em #000, 0 0 .1em #000;
}
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-variant-numeric: tabular-nums; }
caption { height: 2.5rem; padding: 0 .75rem; line-height: 2.5rem; font-weight: 700; text-align: start; }
caption span { display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
caption:has(small:not(:empty)) span { max-width: 50%; }
caption small { float: inline-end; color: var(--muted); font-weight: 400; }
tr { height: 2.5rem; }
th, td { box-sizing: border-box; padding: 0 .75rem; border-top: 1px solid var(--line); text-align: start; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
th { color: var(--muted); font-weight: 400; }
:host([obs]) thead { display: none; }
.rank { width: 5rem; }
td.rank { color: var(--accent); font-weight: 700; }
.player { padding-inline: .25rem; text-align: left; }
.score { width: 44%; text-align: end; }
tr.changed { animation: changed 1.5s; }
@keyframes changed { from { background: var(--changed); } }
@media (prefers-reduced-motion: reduce) { tr.changed { animation: none; } }
`;
