//! How the pages look.

/// One sheet for all of them. Their policy names its digest.
pub(super) const STYLE: &str = "
:root{--ground:#f6f5f2;--card:#fff;--ink:#1d1b18;--quiet:#6a655d;--line:#dedad2;--accent:#4b3fb5;--on-accent:#fff;\
--warn:#8a4b00;--warn-ground:#fff3e0;--bad:#a3202b}
@media (prefers-color-scheme:dark){:root{--ground:#161513;--card:#211f1c;--ink:#efece6;--quiet:#a8a297;--line:#3a3732;\
--accent:#a79df5;--on-accent:#17142e;--warn:#ffc27a;--warn-ground:#3a2a12;--bad:#ff9097}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:34rem;margin:0 auto;padding:1.5rem 1rem 3rem}
.brand{margin:0 0 1rem;font-weight:700;color:var(--accent);letter-spacing:.02em}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}
h2{margin:0;font-size:1.05rem;overflow-wrap:anywhere}
p{margin:.5rem 0}
.quiet{color:var(--quiet);font-size:.9rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem;margin:1rem 0}
.badge{display:inline-block;padding:0 .5rem;border-radius:1rem;border:1px solid var(--warn);color:var(--warn);\
font-size:.8rem;font-weight:400;vertical-align:middle}
.warn{background:var(--warn-ground);color:var(--warn);border-radius:.5rem;padding:.6rem .8rem}
.bad{color:var(--bad)}
dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
fieldset{border:0;margin:0;padding:0}
legend,summary{font-weight:600;padding:0;margin-bottom:.25rem}
legend{float:left;width:100%}
legend+label{clear:both}
summary{cursor:pointer}
label{display:flex;gap:.65rem;align-items:flex-start;padding:.35rem 0}
label span{min-width:0;overflow-wrap:anywhere}
label small{display:block;color:var(--quiet);font-size:.85rem}
input[type=checkbox]{width:1.15rem;height:1.15rem;margin:.2rem 0 0;flex:none;accent-color:var(--accent)}
input[type=text]{width:100%;font:1.4rem ui-monospace,SFMono-Regular,Menlo,monospace;letter-spacing:.15em;\
text-transform:uppercase;padding:.5rem .75rem;border:1px solid var(--quiet);border-radius:.5rem;background:var(--card);\
color:var(--ink)}
.row{display:flex;gap:.75rem;flex-wrap:wrap;margin-top:1.25rem}
button{font:inherit;font-weight:600;padding:.6rem 1.25rem;border-radius:.5rem;border:1px solid var(--line);\
background:var(--card);color:var(--ink);cursor:pointer}
button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
button.end{color:var(--bad);border-color:currentColor}
.row button{flex:1 1 9rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.card .head{display:flex;justify-content:space-between;gap:.75rem 1rem;align-items:flex-start;margin-bottom:.75rem}
@media (max-width:26rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}.card .head{flex-direction:column}}
";
