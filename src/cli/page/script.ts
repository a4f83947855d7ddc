/** Filters the rows of the maps. Without it the page shows all of them. */
export const SCRIPT = `
const tools = document.querySelector(".tools");
if (tools) {
  const text = tools.querySelector("[type=search]");
  const lacking = tools.querySelector("[type=checkbox]");
  const said = tools.querySelector("output");
  const rows = [...document.querySelectorAll("tr[data-symbol]")];
  const show = () => {
    const wanted = text.value.trim().toUpperCase();
    let shown = 0;
    for (const row of rows) {
      const fits = row.dataset.symbol.includes(wanted) && !(lacking.checked && row.dataset.covered === "1");
      row.hidden = !fits;
      if (fits) shown++;
    }
    said.textContent = shown === rows.length ? "" : shown + " of " + rows.length + " series";
  };
  tools.hidden = false;
  tools.addEventListener("input", show);
}
`;
