import { createHash } from "node:crypto";

/** One set of colours; the test computes that every text stands out from its ground (WCAG 2.2, 1.4.3 and 1.4.11). */
export type Palette = {
  readonly ground: string;
  readonly raised: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly link: string;
  readonly focus: string;
  readonly good: string;
  readonly bad: string;
  readonly wait: string;
  readonly onAction: string;
  readonly goodAction: string;
  readonly badAction: string;
};

export const light: Palette = {
  ground: "#ffffff",
  raised: "#f3f4f6",
  text: "#1b1d21",
  quiet: "#4d525b",
  line: "#767b85",
  link: "#0b57b0",
  focus: "#8a2be2",
  good: "#0b6b34",
  bad: "#a8201a",
  wait: "#7a4a00",
  onAction: "#ffffff",
  goodAction: "#0b6b34",
  badAction: "#a8201a",
};

export const dark: Palette = {
  ground: "#16181c",
  raised: "#22262c",
  text: "#eceef1",
  quiet: "#b6bcc6",
  line: "#8b929d",
  link: "#8ab8ff",
  focus: "#d3a6ff",
  good: "#7fd8a0",
  bad: "#ff9d94",
  wait: "#f2c26b",
  onAction: "#101214",
  goodAction: "#7fd8a0",
  badAction: "#ff9d94",
};

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");
}

/** The whole style. It stands in the page; the policy of the page names its hash and allows no other. */
export const style = `
:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}
html{font:100%/1.5 "Segoe UI",system-ui,-apple-system,"Hiragino Sans","Yu Gothic UI","Noto Sans","Noto Sans CJK JP",sans-serif;background:var(--ground);color:var(--text);-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:anywhere}
a{color:var(--link)}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:1rem;background:var(--ground);padding:.5rem;z-index:1}
header,main,footer{max-width:60rem;margin:0 auto;padding:1rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;border-bottom:1px solid var(--line)}
header p,header form{margin:0}
.who{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.5rem 0}
.quiet{color:var(--quiet)}
.status{border-left:.4rem solid var(--wait);background:var(--raised);padding:.5rem 1rem;margin:1rem 0}
.status strong{font-size:1.1rem}
.status.good{border-color:var(--good)}
.status.bad{border-color:var(--bad)}
.good>strong,td.good{color:var(--good)}
.bad>strong,td.bad{color:var(--bad)}
.wait>strong,td.wait{color:var(--wait)}
.notice{border:2px solid var(--wait);padding:.5rem 1rem;margin:1rem 0}
.notice.good{border-color:var(--good)}
.notice.bad{border-color:var(--bad)}
.notice h2{margin-top:.25rem}
dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{color:var(--quiet)}
dd{margin:0}
blockquote{margin:.5rem 0;padding:.5rem 1rem;border-left:.25rem solid var(--line);background:var(--raised)}
.table{border:0;margin:.5rem 0}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--quiet);padding-bottom:.25rem}
th[scope=col]{overflow-wrap:normal}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid var(--line)}
details{border-bottom:1px solid var(--line);padding:.35rem 0}
summary{cursor:pointer;padding:.25rem 0}
label,legend{font-weight:600;display:block;margin-top:1rem}
.hint{color:var(--quiet);margin:.1rem 0}
textarea,select{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:.25rem;padding:.5rem;width:100%;max-width:40rem}
textarea[aria-invalid=true]{border:2px solid var(--bad)}
.buttons{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}
button,.button{font:inherit;min-height:2.75rem;padding:.5rem 1.25rem;border-radius:.25rem;border:1px solid var(--line);background:var(--ground);color:var(--text);cursor:pointer}
.button{display:inline-block;color:var(--link)}
button.approve{background:var(--goodAction);border-color:var(--goodAction);color:var(--onAction);font-weight:600}
button.reject{background:var(--ground);border:2px solid var(--bad);color:var(--bad);font-weight:600}
:focus-visible,[tabindex]:focus{outline:3px solid var(--focus);outline-offset:2px}
@media (max-width:40rem){
dl{grid-template-columns:1fr;gap:0}
dd{margin-bottom:.5rem}
.table thead{position:absolute;left:-999rem}
.table tr{display:block;border-bottom:1px solid var(--line);padding:.35rem 0}
.table td,.table th[scope=row]{display:block;border:0;padding:.1rem 0}
.table [data-name]::before{content:attr(data-name) ": ";color:var(--quiet);font-weight:400}
.buttons button{width:100%}
}
@media (forced-colors:active){.status,.notice{border:2px solid}}
`;

/** The style's hash as a content security policy names it. */
export const styleHash = `'sha256-${createHash("sha256").update(style, "utf8").digest("base64")}'`;
