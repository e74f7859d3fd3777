/** The style sheet of pages that people read, print and file: no fonts, no images and no scripts from anywhere. */
import { hash } from 'node:crypto'

export const STYLE = `
:root{--ink:#1d2733;--soft:#5b6875;--line:#d9dfe5;--wash:#f5f7f9;--accent:#0b5c72;--look:#8a4b00;--look-wash:#fff4e2;--good:#20603a;--good-wash:#e9f5ed}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif;color:var(--ink);background:#fff;scroll-behavior:smooth}
body{margin:0 auto;max-width:72rem;padding:2.5rem 1.5rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .6rem;letter-spacing:-.015em}
h2{font-size:1.35rem;margin:3rem 0 .8rem;padding-bottom:.35rem;border-bottom:2px solid var(--accent)}
h3{font-size:1.05rem;margin:0 0 .2rem}
p{margin:.35rem 0;max-width:50rem}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid #f0a202;outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem 1rem}
.kicker{color:var(--accent);font-weight:600;letter-spacing:.06em;text-transform:uppercase;font-size:.8rem;margin:0}
.soft{color:var(--soft)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.5rem;margin:1.2rem 0 0}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
code,.hash{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em;overflow-wrap:anywhere}
pre{font:.8rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--wash);border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
.wide{overflow-x:auto;margin:.7rem 0}
table{border-collapse:collapse;width:100%;font-size:.875rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere;min-width:3.2rem}
th{font-weight:600;border-bottom:1.5px solid var(--ink);overflow-wrap:normal;hyphens:none}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td{unicode-bidi:isolate;white-space:pre-line}
td.t{white-space:nowrap;font-variant-numeric:tabular-nums}
.mark{display:inline-block;border-radius:999px;padding:.05rem .65rem;font-size:.8rem;font-weight:600;white-space:nowrap}
.mark.look{color:var(--look);background:var(--look-wash);border:1px solid #eccf9d}
.mark.none{color:var(--good);background:var(--good-wash);border:1px solid #b6dcc3}
.mark.info{color:var(--soft);background:var(--wash);border:1px solid var(--line)}
.control{border:1px solid var(--line);border-radius:8px;padding:1rem 1.2rem;margin:.9rem 0;break-inside:avoid}
.control ul{list-style:none;margin:.6rem 0 .3rem;padding:0}
.control li{display:flex;gap:.7rem;justify-content:space-between;border-top:1px solid var(--line);padding:.35rem 0}
.answer{margin:2.4rem 0}
.answer h3{font-size:1.15rem}
.blind{border-left:3px solid #f0a202;padding:.1rem 0 .1rem .9rem;margin:.6rem 0;color:var(--soft);font-size:.9rem}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--accent)}
.line{border-left:2px solid var(--line);margin:0;padding:0 0 0 1.2rem;list-style:none}
.line li{position:relative;padding:.15rem 0 .9rem}
.line li::before{content:"";position:absolute;left:-1.55rem;top:.55rem;width:.65rem;height:.65rem;border-radius:50%;background:var(--accent);border:2px solid #fff}
.line li.finding::before{background:#c76b00}.line li.alert::before{background:#b3261e}
.line time{font-variant-numeric:tabular-nums;color:var(--soft);font-size:.85rem}
footer{margin-top:3.5rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--soft);font-size:.85rem}
@media print{
@page{size:A4;margin:18mm 15mm}
html{font-size:10pt}body{max-width:none;padding:0}
.skip{display:none}a{color:inherit;text-decoration:none}
h2{break-after:avoid}h3{break-after:avoid}tr,li{break-inside:avoid}thead{display:table-header-group}
.wide{overflow:visible}td.t{white-space:normal}table{font-size:8pt}
details{display:none}
.line details[open]{display:block}
.mark{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`

/** Nothing is loaded, run, framed or sent; the one style sheet is named by its hash. */
export const POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; base-uri 'none'; form-action 'none'`
