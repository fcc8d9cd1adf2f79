/** The page's style sheet, scoped to `.premotor`; adopted as a whole, so that it works under a strict policy. */
export const style = /* css */ `
.premotor {
  --background: #0f1216;
  --glow: #1b212a;
  --card: rgba(20, 24, 30, 0.78);
  --hairline: rgba(255, 255, 255, 0.1);
  --ink: #e8ebf0;
  --muted: #98a2b0;
  --accent: #9d90ff;
  --accent-ink: #14102e;
  --amber: #ffb454;
  --red: #ff6b6b;
  --green: #4fd1a5;
  --quiet: rgba(255, 255, 255, 0.07);
  --quiet-hover: rgba(255, 255, 255, 0.14);
  --bar: #5d6776;
  position: relative;
  width: 100%;
  height: 100%;
  min-height: 320px;
  overflow: hidden;
  background: var(--background);
  color: var(--ink);
  font: 12.5px/1.4 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  font-variant-numeric: tabular-nums;
  -webkit-font-smoothing: antialiased;
}
.premotor[data-theme='light'] {
  --background: #e4e7ec;
  --glow: #fbfcfd;
  --card: rgba(255, 255, 255, 0.82);
  --hairline: rgba(15, 20, 30, 0.13);
  --ink: #161a20;
  --muted: #566070;
  --accent: #5546d6;
  --accent-ink: #ffffff;
  --amber: #8f5300;
  --red: #bf2231;
  --green: #0f7f5b;
  --quiet: rgba(15, 20, 30, 0.06);
  --quiet-hover: rgba(15, 20, 30, 0.12);
  --bar: #8b94a2;
}
.premotor.plain { --card: rgba(20, 24, 30, 0.93); }
.premotor.plain[data-theme='light'] { --card: rgba(255, 255, 255, 0.94); }
.premotor.plain * { backdrop-filter: none !important; -webkit-backdrop-filter: none !important; }
.premotor *, .premotor *::before, .premotor *::after { box-sizing: border-box; }
.premotor [hidden] { display: none !important; }
.premotor .stage { position: absolute; inset: 0; background: radial-gradient(ellipse 75% 65% at 50% 42%, var(--glow), var(--background)); }
.premotor .stage canvas { display: block; width: 100%; height: 100%; touch-action: none; outline: none; }
.premotor .icon { width: 14px; height: 14px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5;
  stroke-linecap: round; stroke-linejoin: round; }
.premotor button { font: inherit; color: inherit; border: 1px solid transparent; border-radius: 6px;
  background: var(--quiet); padding: 0 8px; height: 28px; display: inline-flex; align-items: center; gap: 6px;
  justify-content: center; cursor: pointer; white-space: nowrap; }
.premotor button:hover { background: var(--quiet-hover); }
.premotor button:disabled { opacity: 0.45; cursor: default; }
.premotor button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.premotor button.primary { background: var(--accent); color: var(--accent-ink); font-weight: 600; }
.premotor button.primary:hover { filter: brightness(1.08); }
.premotor button.bare { background: none; width: 28px; padding: 0; }
.premotor button.bare:hover { background: var(--quiet-hover); }
.premotor kbd { font: 11px/1 ui-monospace, Menlo, Consolas, monospace; color: var(--muted); border: 1px solid var(--hairline);
  border-radius: 4px; padding: 2px 5px; min-width: 20px; text-align: center; }
.premotor .muted { color: var(--muted); }
.premotor .amber { color: var(--amber); }
.premotor .red { color: var(--red); }

.premotor .card { background: var(--card); border: 1px solid var(--hairline); border-radius: 8px;
  backdrop-filter: blur(14px) saturate(1.2); -webkit-backdrop-filter: blur(14px) saturate(1.2); pointer-events: auto;
  overflow: hidden; }
.premotor .card > header { display: flex; align-items: center; gap: 6px; padding: 0 4px 0 10px; height: 30px; }
.premotor .card > header h2 { margin: 0; font-size: 12px; font-weight: 600; white-space: nowrap; }
.premotor .card > header .readout { flex: 1; min-width: 0; text-align: right; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; color: var(--muted); }
.premotor .card > header .readout b { color: var(--ink); font-weight: 600; }
.premotor .card > header button { height: 24px; width: 24px; }
.premotor .card > .body { padding: 0 10px 10px; }
.premotor .card.folded > .body { display: none; }
.premotor .card .fold .icon { transition: transform 0.15s; }
.premotor .card.folded .fold .icon { transform: rotate(-90deg); }

.premotor .topbar { position: absolute; z-index: 3; top: 0; left: 0; right: 0; min-height: 40px; display: flex;
  align-items: center; gap: 14px; padding: 0 10px 0 14px; background: var(--card);
  border-bottom: 1px solid var(--hairline); backdrop-filter: blur(14px); -webkit-backdrop-filter: blur(14px); }
.premotor .topbar .name { font-weight: 650; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.premotor .topbar .name span { font-weight: 400; color: var(--muted); }
.premotor .topbar .item { white-space: nowrap; }
.premotor .topbar .space { flex: 1; }
.premotor .topbar .tools { display: flex; }
.premotor .chip { display: inline-flex; align-items: center; gap: 5px; height: 24px; padding: 0 9px 0 7px;
  border-radius: 12px; background: var(--quiet); font-weight: 600; white-space: nowrap; }
.premotor .chip[data-state='acting'], .premotor .chip[data-state='learning'], .premotor .chip[data-state='fitting'] {
  background: color-mix(in srgb, var(--accent) 20%, transparent); color: var(--accent); }
.premotor .chip:is([data-state='late'], [data-state='hold'], [data-state='decay']) { background: color-mix(in srgb, var(--amber) 18%, transparent); color: var(--amber); }
.premotor .chip:is([data-state='lost'], [data-state='stop']) { background: color-mix(in srgb, var(--red) 18%, transparent); color: var(--red); }
.premotor .record { display: inline-flex; align-items: center; gap: 6px; }
.premotor .record i { width: 9px; height: 9px; border-radius: 50%; background: var(--red); }
.premotor .record.failed { color: var(--red); }
.premotor .record.failed i { background: none; border: 2px solid var(--red); }
.premotor .record.played { color: var(--amber); }
.premotor .record.played i { width: 0; height: 0; border-radius: 0; background: none; border: 5px solid transparent;
  border-left: 8px solid var(--amber); border-right: 0; }
.premotor .planning { display: inline-flex; align-items: center; gap: 8px; white-space: nowrap; }
.premotor .planning .meter { width: 64px; height: 4px; border-radius: 2px; background: var(--quiet-hover); overflow: hidden; }
.premotor .planning .meter i { display: block; width: 100%; height: 100%; background: var(--accent);
  transform-origin: left; transform: scaleX(0); }
.premotor .planning.near .meter i { background: var(--amber); }
.premotor .planning.near .value { color: var(--amber); }
.premotor .planning.late .meter i { background: var(--red); }
.premotor .planning.late .value { color: var(--red); }

.premotor .columns { position: absolute; z-index: 2; inset: 52px 12px 126px; display: flex; justify-content: space-between;
  gap: 12px; pointer-events: none; }
.premotor .column { display: flex; flex-direction: column; gap: 8px; max-height: 100%; min-height: 0; }
.premotor .column.left { width: min(244px, 30vw); overflow: hidden auto; scrollbar-width: none; }
.premotor .column.right { width: min(320px, 33vw); overflow: hidden auto; scrollbar-width: thin; }
.premotor .column .card { flex: none; }
.premotor .column .push { margin-top: auto; }

.premotor .buttons { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; }
.premotor .buttons button kbd { margin-left: auto; }
.premotor .buttons button.primary kbd { color: inherit; border-color: currentColor; opacity: 0.75; }
.premotor .speed { display: flex; align-items: center; gap: 6px; margin-top: 8px; }
.premotor .speed output { flex: 1; text-align: center; }
.premotor .said { margin: 8px 0 0; }
.premotor .facts { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; margin: 0; }
.premotor .facts dt { color: var(--muted); white-space: nowrap; }
.premotor .facts dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.premotor .log { margin: 6px 0 0; padding: 0; list-style: none; max-height: 96px; overflow: auto; overflow-wrap: anywhere; }
.premotor .log li { padding: 2px 0; }

.premotor .layers { display: flex; flex-direction: column; gap: 2px; }
.premotor .layers button { background: none; justify-content: flex-start; padding: 0 4px; height: 26px; width: 100%; }
.premotor .layers .row { display: flex; align-items: center; gap: 6px; padding: 0 5px; height: 26px; }
.premotor .layers button:hover { background: var(--quiet-hover); }
.premotor .layers button[aria-pressed='false'] { color: var(--muted); }
.premotor .layers button[aria-pressed='false'] .sample { opacity: 0.25; }
.premotor .layers button .off { margin-left: auto; color: var(--muted); }
.premotor .layers button kbd { margin-left: auto; }
.premotor .sample { width: 22px; height: 0; border-top: 3px solid var(--accent); flex: none; }
.premotor .sample.happened { border-top: 2px solid var(--ink); }
.premotor .sample.fan { height: 8px; border: 0; border-radius: 2px; }
.premotor .sample.goal { width: 12px; height: 12px; margin: 0 5px; border: 2px solid var(--green); border-radius: 50%; }
.premotor .sample.collisions { height: 12px; width: 12px; margin: 0 5px; border: 0; border-radius: 3px; background: #ff9e33; opacity: 0.7; }
.premotor .sample.forces { border-top: 3px solid #ffd24a; }
.premotor .sample.belief { height: 12px; width: 12px; margin: 0 5px; border: 1px solid var(--accent); border-radius: 3px;
  background: color-mix(in srgb, var(--accent) 40%, transparent); }
.premotor .scale { margin: 8px 4px 0; }
.premotor .scale .gradient { display: block; height: 8px; border-radius: 3px; }
.premotor .scale .ticks { display: flex; justify-content: space-between; color: var(--muted); font-size: 11px; }
.premotor .scale .what { color: var(--muted); }

.premotor .hardware .chip { height: 20px; padding: 0 8px; font-size: 11px; }
.premotor .hardware .chip[data-state=''] { color: var(--muted); }
.premotor .hardware .name { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.premotor .hardware .trouble { display: grid; grid-template-columns: auto 1fr; gap: 0 8px; margin: 6px 0; color: var(--red); }
.premotor .hardware .trouble .muted { grid-column: 2; }
.premotor .hardware .trouble .icon { margin-top: 2px; }
.premotor .motors { display: flex; flex-direction: column; gap: 3px; margin: 6px 0 8px; }
.premotor .motor { display: grid; grid-template-columns: minmax(0, 1fr) auto auto 38px; gap: 1px 8px; align-items: center;
  font-size: 12px; white-space: nowrap; text-align: right; }
.premotor .motor .joint-name { overflow: hidden; text-overflow: ellipsis; text-align: left; color: var(--muted); }
.premotor .motor .said { grid-column: 1 / -1; margin: 0; text-align: left; font-size: 11px; }
.premotor .motor .bar { grid-column: 1 / -1; position: relative; height: 3px; border-radius: 2px; background: var(--quiet-hover);
  overflow: hidden; }
.premotor .motor .bar::after { content: ''; position: absolute; left: 50%; top: 0; bottom: 0; width: 1px; background: var(--muted); }
.premotor .motor .bar i { position: absolute; top: 0; bottom: 0; background: var(--accent); }
.premotor .motor .bar i.near { background: var(--amber); }

.premotor .plot { height: 96px; margin: 0 -4px; }
.premotor .plot.large { height: 240px; }
.premotor .card.plotted > .body { padding-bottom: 4px; }
.premotor .keys { display: flex; flex-wrap: wrap; gap: 0 10px; padding: 0 4px 4px; font-size: 11px; color: var(--muted); }
.premotor .keys i { display: inline-block; width: 10px; height: 3px; border-radius: 1px; margin-right: 4px; vertical-align: 3px; }
.premotor .column.right .reward, .premotor .timing:not(.untimed) { order: -1; }
.premotor .timing .body { display: flex; flex-direction: column; }
.premotor .timing .rungs { display: flex; gap: 1px; height: 6px; margin: 2px 0 3px; border-radius: 3px; overflow: hidden;
  background: var(--quiet); }
.premotor .timing .rungs i { flex: 1 1 0; min-width: 3px; }
.premotor .timing .keys { padding: 0 0 4px; gap: 0 12px; }
.premotor .timing .keys i[data-rung] { width: 10px; height: 8px; border-radius: 2px; vertical-align: 0; }
.premotor .timing .keys b { color: var(--ink); font-weight: 600; }
.premotor [data-rung='plan'] { background: var(--accent); }
.premotor .unplanned [data-rung='plan'] { background: var(--muted); }
.premotor [data-rung='old-plan'] { background: var(--amber); }
.premotor [data-rung='hold'] { background: repeating-linear-gradient(45deg, var(--amber) 0 2px, transparent 2px 4px); }
.premotor [data-rung='decay'] { background: repeating-linear-gradient(90deg, var(--amber) 0 1px, transparent 1px 3px); }
.premotor [data-rung='stop'] { background: var(--red); }
.premotor .timing .facts { padding-bottom: 4px; }
.premotor .facts.paired { grid-template-columns: auto 1fr auto 1fr; }
.premotor .facts.paired dd { white-space: nowrap; }
.premotor .facts.paired .wide { grid-column: 2 / -1; }
.premotor .empty { color: var(--muted); padding: 8px 2px; }

.premotor .uplot { position: relative; font: inherit; line-height: 1.5; width: min-content; }
.premotor .uplot .u-wrap { position: relative; user-select: none; -webkit-user-select: none; }
.premotor .uplot .u-over, .premotor .uplot .u-under { position: absolute; }
.premotor .uplot .u-under { overflow: hidden; }
.premotor .uplot canvas { display: block; position: relative; width: 100%; height: 100%; }
.premotor .uplot .u-axis { position: absolute; }
.premotor .uplot .u-cursor-x, .premotor .uplot .u-cursor-y { position: absolute; left: 0; top: 0; pointer-events: none;
  will-change: transform; }
.premotor .uplot .u-hz .u-cursor-x, .premotor .uplot .u-cursor-x { height: 100%; border-right: 1px dashed var(--muted); }
.premotor .uplot .u-cursor-y { display: none; }
.premotor .uplot .u-cursor-pt { position: absolute; top: 0; left: 0; border-radius: 50%; border: 0 solid; pointer-events: none;
  will-change: transform; background-clip: padding-box !important; }
.premotor .uplot .u-off, .premotor .uplot .u-select { display: none; }

.premotor .strip { position: absolute; z-index: 2; left: 12px; right: 12px; bottom: 12px; height: 104px; }
.premotor .strip .body { display: flex; gap: 10px; height: 74px; }
.premotor .strip .range { display: flex; flex-direction: column; justify-content: space-between; text-align: right;
  color: var(--muted); font-size: 11px; min-width: 34px; }
.premotor .strip .trials { flex: 1; display: flex; align-items: flex-end; gap: 3px; min-width: 0; margin: 0; padding: 0;
  list-style: none; border-bottom: 1px solid var(--hairline); overflow: auto hidden; scrollbar-width: none; }
.premotor .strip li { flex: 1 1 18px; min-width: 7px; max-width: 60px; height: 100%; display: flex; flex-direction: column;
  justify-content: flex-end; align-items: stretch; font-size: 10.5px; line-height: 1.2; color: var(--muted); text-align: center; }
.premotor .strip li i { display: block; border-radius: 3px 3px 0 0; background: var(--accent); min-height: 2px; }
.premotor .strip li[data-end='random'] i { background: repeating-linear-gradient(45deg, var(--bar) 0 3px, transparent 3px 6px);
  border: 1px solid var(--bar); border-bottom: 0; }
.premotor .strip li[data-end='terminated'] i { background: var(--amber); }
.premotor .strip li[data-end='success'] i { background: var(--green); }
.premotor .strip li.best { color: var(--ink); font-weight: 650; }
.premotor .strip li.now i { background: none; border: 1px dashed var(--muted); border-bottom: 0; }
.premotor .strip li span { overflow: hidden; }

.premotor .timeline { display: grid; grid-template-columns: 52px 1fr auto; gap: 10px; align-items: center; height: 30px;
  padding: 0 10px 4px; }
.premotor .timeline output { text-align: right; }
.premotor .timeline .track { position: relative; height: 24px; }
.premotor .timeline .episodes { position: absolute; inset: 9px 7px; border-radius: 3px; background: var(--quiet); }
.premotor .timeline .episodes i { position: absolute; top: 0; bottom: 0; min-width: 1px; border-radius: 2px;
  background: color-mix(in srgb, var(--accent) 35%, transparent); border-right: 1px solid var(--background); }
.premotor .timeline input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; appearance: none;
  -webkit-appearance: none; background: none; cursor: pointer; }
.premotor .timeline input::-webkit-slider-thumb { -webkit-appearance: none; width: 14px; height: 20px; border-radius: 4px;
  border: 0; background: var(--accent); }
.premotor .timeline input::-moz-range-thumb { width: 14px; height: 20px; border-radius: 4px; border: 0; background: var(--accent); }
.premotor .timeline input:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; border-radius: 6px; }
.premotor.replaying .strip { height: 136px; }
.premotor.replaying .columns { inset-block-end: 158px; }
.premotor.replaying .strip li { cursor: pointer; }
.premotor .strip.folded .timeline { display: grid; }

.premotor .notices { position: absolute; z-index: 4; top: 52px; left: 50%; transform: translateX(-50%); display: flex;
  flex-direction: column; align-items: center; gap: 8px; pointer-events: none; max-width: min(440px, calc(100vw - 24px)); }
.premotor .notice { padding: 10px 14px; display: grid; grid-template-columns: auto 1fr auto; gap: 2px 10px; align-items: start;
  min-width: 300px; }
.premotor .notice .icon { margin-top: 2px; color: var(--accent); }
.premotor .notice.bad .icon, .premotor .notice.bad strong { color: var(--red); }
.premotor .notice p { margin: 0; grid-column: 2 / -1; color: var(--muted); }
.premotor .notice strong { font-weight: 650; }
.premotor .notice button { height: 24px; }
.premotor .notice .progress { grid-column: 1 / -1; height: 4px; margin-top: 6px; border-radius: 2px; background: var(--quiet-hover);
  overflow: hidden; }
.premotor .notice .progress i { display: block; height: 100%; background: var(--accent); transform-origin: left;
  transform: scaleX(0); }
.premotor .stale { padding: 3px 10px; border-radius: 12px; color: var(--muted); display: inline-flex; gap: 6px; align-items: center; }
.premotor .stale.bad { color: var(--amber); }
.premotor .stage .nothing { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center;
  padding: 60px min(340px, 34vw) 140px min(264px, 31vw); text-align: center; gap: 6px; color: var(--muted); }
.premotor .stage .nothing strong { color: var(--ink); font-size: 14px; }

.premotor:not(.inspecting) .inspection-only, .premotor.inspecting .run-only { display: none !important; }
.premotor.inspecting .columns { inset-block-end: 12px; }
.premotor .joint-rows { display: flex; flex-direction: column; gap: 8px; margin-top: 10px; }
.premotor .joint { display: grid; grid-template-columns: 1fr auto; gap: 1px 8px; align-items: center; }
.premotor .joint .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.premotor .joint .field { color: var(--muted); }
.premotor .joint .field b { color: var(--ink); }
.premotor .joint.follower { color: var(--muted); }
.premotor .joint input[type='text'] { font: inherit; color: var(--ink); width: 62px; height: 22px; padding: 0 5px;
  text-align: right; background: var(--quiet); border: 1px solid transparent; border-radius: 5px; }
.premotor .joint input[type='text']:focus { outline: none; border-color: var(--accent); }
.premotor .joint input[type='range'] { grid-column: 1 / -1; width: 100%; margin: 0; height: 18px; accent-color: var(--accent); }
.premotor .buttons button { justify-content: center; }
.premotor .controls .buttons button { justify-content: flex-start; }
.premotor .notes { max-height: 30vh; }
.premotor .help dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 12px; margin: 0; align-items: center; }
.premotor .help dt { display: flex; gap: 4px; }
.premotor .help dd { margin: 0; }
.premotor .sheet-handle { display: none; }

@media (max-width: 1000px) {
  .premotor .topbar .optional { display: none; }
}
@media (max-height: 700px) {
  .premotor .columns { inset-block-end: 98px; }
  .premotor .strip { height: 76px; }
  .premotor .strip .body { height: 46px; }
  .premotor.replaying .columns { inset-block-end: 130px; }
  .premotor.replaying .strip { height: 108px; }
}
@media (max-height: 480px) and (min-width: 721px) {
  .premotor .columns { inset-block-end: 12px; }
  .premotor .strip { display: none; }
}
@media (max-width: 720px) {
  .premotor .topbar { flex-wrap: wrap; gap: 2px 12px; padding: 6px 8px 6px 12px; }
  .premotor .topbar .name { flex: 1 1 auto; max-width: 46vw; }
  .premotor .topbar .space { display: none; }
  .premotor .topbar .tools { order: 2; margin-left: auto; }
  .premotor .topbar .item, .premotor .topbar .planning { order: 3; font-size: 12px; }
  .premotor .topbar .chip { order: 1; }
  .premotor .topbar .planning .meter { width: 40px; }
  .premotor .notices { top: 78px; }
  .premotor .notice { min-width: 0; width: calc(100vw - 24px); max-width: 440px; }
  .premotor .sheet { position: absolute; z-index: 3; left: 0; right: 0; bottom: 0; max-height: 52%; display: flex;
    flex-direction: column; background: var(--card); border-top: 1px solid var(--hairline); border-radius: 14px 14px 0 0;
    backdrop-filter: blur(18px); -webkit-backdrop-filter: blur(18px); overflow: hidden; }
  .premotor .sheet-handle { display: flex; flex: none; width: 100%; height: 32px; border-radius: 0; background: none; }
  .premotor .sheet-handle::before { content: ''; width: 36px; height: 4px; border-radius: 2px; background: var(--bar); }
  .premotor .sheet-body { overflow: hidden auto; padding: 0 8px 8px; display: flex; flex-direction: column; gap: 8px; }
  .premotor .sheet.low .sheet-body { max-height: 128px; overflow: hidden; }
  .premotor .columns { position: static; display: contents; }
  .premotor .column { display: contents; }
  .premotor .column.left, .premotor .column.right { width: auto; }
  .premotor .strip, .premotor.replaying .strip { position: static; height: auto; display: block; flex: none; }
  .premotor.replaying .strip { order: -2; }
  .premotor .strip .body { height: 84px; }
  .premotor .card { flex: none; backdrop-filter: none; -webkit-backdrop-filter: none; background: var(--quiet); }
  .premotor .notices .card, .premotor .stale { background: var(--card); }
  .premotor .controls { order: -1; }
  .premotor .stage .nothing { padding: 90px 24px 200px; }
}
@media (prefers-reduced-motion: reduce) {
  .premotor * { transition: none !important; }
}
`;
