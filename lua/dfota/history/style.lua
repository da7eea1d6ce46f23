--- How the page looks: on a phone, on a screen, in dark mode and on paper. No font, image or script from anywhere.
-- @module dfota.history.style

-- Text has a contrast of at least 4.5:1 to what is behind it, in both schemes (WCAG 2.1, 1.4.3).
local LIGHT = [[
--bg:#ffffff;--ink:#1b2128;--soft:#545d68;--line:#d3d9e0;--band:#f4f6f8;
--good:#0b5c23;--good-bg:#dff3e4;--plain:#3c4650;--plain-bg:#e8ecf0;--warn:#6b4700;--warn-bg:#fbeecb;--bad:#9b1420;
--bad-bg:#fde4e4;--prepare:#6b7683;--upload:#1667c4;--pdp:#7a4fd0;--trigger:#b83280;--download:#12757c;
--update:#b9500b;--reboot:#8d6a00;--verify:#1d7a3a;--other:#8a929b;]]

local DARK = [[
--bg:#11161c;--ink:#e4e9ef;--soft:#a5b0bc;--line:#343e49;--band:#1a212a;
--good:#9fe3b1;--good-bg:#143a20;--plain:#c6d0da;--plain-bg:#2a333d;--warn:#f3d489;--warn-bg:#41330b;--bad:#ffb3b3;
--bad-bg:#4a191d;--prepare:#96a2af;--upload:#5ea3ef;--pdp:#ab8cf0;--trigger:#e17ab3;--download:#4bb3ba;
--update:#ef9350;--reboot:#d0aa3c;--verify:#57bd76;--other:#79838e;]]

local SCREEN = [[
*{box-sizing:border-box}
html{background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Liberation Sans",Arial,sans-serif;-webkit-text-size-adjust:100%}
body{overflow-wrap:anywhere;margin:0 auto;max-width:64rem;padding:1.5rem 1rem 3rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem}
h3{font-size:1.05rem;margin:0;font-weight:600}
p{margin:.25rem 0}
.soft,dt,th,.tile span,footer{color:var(--soft)}
.tiles{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));padding:0;margin:1.25rem 0 0;
list-style:none}
.tile{background:var(--band);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .9rem}
.tile b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{font-size:.875rem}
.badge{border-radius:1rem;display:inline-block;font-size:.875rem;font-weight:600;min-width:0;padding:.05rem .7rem}
.good{background:var(--good-bg);color:var(--good)}
.plain{background:var(--plain-bg);color:var(--plain)}
.warn{background:var(--warn-bg);color:var(--warn)}
.bad{background:var(--bad-bg);color:var(--bad)}
table{border-collapse:collapse;width:100%}
th{font-size:.875rem;font-weight:600;text-align:left}
th{overflow-wrap:normal}
th,td{border-bottom:1px solid var(--line);padding:.45rem .75rem .45rem 0;vertical-align:top}
td.number,th.number{font-variant-numeric:tabular-nums;text-align:right;white-space:nowrap}
td.word{white-space:nowrap}
td.what{min-width:10rem}
td.imei{font-variant-numeric:tabular-nums;min-width:calc(15.5ch + .75rem)}
ol,ul{margin:0}
article{border:1px solid var(--line);border-radius:.5rem;margin:0 0 1rem;padding:.9rem 1rem}
.head{align-items:baseline;display:flex;flex-wrap:wrap;gap:.25rem .75rem;justify-content:space-between}
.from-to{font-variant-numeric:tabular-nums;font-weight:600;margin:.15rem 0 .4rem}
.note{border-left:.25rem solid var(--line);margin:.6rem 0 0;padding:.15rem 0 .15rem .75rem}
.note.is-bad{border-color:var(--bad)}
.note.is-warn{border-color:var(--warn)}
dl{display:grid;font-size:.9rem;gap:.15rem 2rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));
margin:.7rem 0 0}
dl div{display:flex;gap:.75rem}
dt{flex:0 0 5.5rem;min-width:0}
h3{min-width:0}
dd{margin:0;min-width:0}
.mono{font-family:ui-monospace,"DejaVu Sans Mono","Liberation Mono",Menlo,Consolas,monospace;font-size:.85em}
.timeline{margin:.6rem 0 0}
.bar{border-radius:.25rem;display:block;height:1.25rem;width:100%}
.legend{display:flex;flex-wrap:wrap;font-size:.9rem;gap:.1rem 1.1rem;list-style:none;margin:.35rem 0 0;padding:0}
.legend b{font-weight:600}
.legend .longest{text-decoration:underline;text-decoration-color:var(--soft);text-underline-offset:.2em}
.key{border-radius:.15rem;display:inline-block;height:.7rem;margin-right:.4rem;width:.7rem}
.lanes{font-size:.9rem;list-style:none;padding:0}
.lanes li{align-items:center;display:grid;gap:0 .75rem;grid-template-columns:11rem 1fr}
.lanes .bar{border-bottom:1px solid var(--line);border-radius:0;height:1.1rem}
.lanes .who{min-width:0}
.axis>span+span{color:var(--soft);display:flex;font-variant-numeric:tabular-nums;justify-content:space-between}
.end-bad{fill:var(--bad)}
.wear{display:inline-block;height:.55rem;vertical-align:baseline;width:4.5rem}
.wear .all{fill:var(--line)}
.wear .taken{fill:var(--update)}
footer{border-top:1px solid var(--line);font-size:.875rem;margin-top:2.5rem;padding-top:.75rem}
]]

local PHONE = [[
@media (max-width:40rem){
thead{display:none}
table,tbody,td{display:block;width:auto}
tr{border-bottom:1px solid var(--line);column-gap:1.25rem;display:flex;flex-wrap:wrap;padding:.5rem 0}
td,td.number,td.word{border:0;padding:.05rem 0;text-align:left;white-space:normal}
.lanes li{grid-template-columns:1fr}
td[data-label]::before{color:var(--soft);content:attr(data-label) ": ";font-size:.875rem}
}
]]

-- Where there is room, names of states and revisions stay whole beside a long name.
local WIDE = [[
@media (min-width:60rem){
td.state{min-width:8rem}
td.revision{min-width:9rem}
}
]]

local PAPER = [[
@media print
{
@page{margin:15mm}
html{font-size:10pt}
body{max-width:none;padding:0}
article,tr,.tile,.timeline,.lanes li{break-inside:avoid}
article{margin-bottom:.6rem;padding:.5rem .7rem}
dl{gap:.05rem 1rem;grid-template-columns:1fr 1fr;margin-top:.4rem}
dl .wide{grid-column:1/-1}
.tiles{grid-template-columns:repeat(auto-fit,minmax(7rem,1fr))}
h2{break-after:avoid}
thead{display:table-header-group}
.badge,.tile,.bar,.key,.wear{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
]]

local function fills()
  local parts = {}
  for _, name in ipairs { "prepare", "upload", "pdp", "trigger", "download", "update", "reboot", "verify", "other" } do
    parts[#parts + 1] = (".p-%s{fill:var(--%s);background:var(--%s)}\n"):format(name, name, name)
  end
  return table.concat(parts)
end

local style = {}

--- The style sheet.
style.SHEET = (":root{color-scheme:light dark;%s}\n@media screen and (prefers-color-scheme:dark){:root{%s}}\n"):format(
  LIGHT:gsub("\n", ""), (DARK:gsub("\n", ""))) .. SCREEN .. fills() .. PHONE .. WIDE .. PAPER

return style
