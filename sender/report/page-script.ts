import { createHash } from 'node:crypto';

/**
 * What makes a page with many servers usable: search, sorting by a column, and groups. Without it
 * the page shows everything in the order of the plan.
 */
export const pageScript = `
const rows = [...document.querySelectorAll('tr[data-find]')];
const search = document.querySelector('#search');
const group = document.querySelector('#group');
const found = document.querySelector('#found');
const valueOf = (row, column) => {
  const cell = row.cells[column];
  const data = cell.querySelector('data[value]');
  return data === null ? cell.textContent : Number(data.value);
};
const order = (a, b) => typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
const arrange = (body) => {
  const { column, down } = body.dataset;
  const own = [...body.rows].filter((row) => row.dataset.find !== undefined);
  own.sort((a, b) => column === undefined ? a.dataset.place - b.dataset.place : order(valueOf(a, column), valueOf(b, column)) * (down === 'yes' ? -1 : 1));
  const keyOf = (row) => group.value === '' ? '' : row.dataset[group.value];
  const keys = [...new Set(own.map(keyOf))].sort((a, b) => order(a, b));
  body.replaceChildren(...keys.flatMap((key) => {
    const some = own.filter((row) => keyOf(row) === key);
    const seen = some.filter((row) => !row.hidden).length;
    if (group.value === '' || seen === 0) return some;
    const head = document.createElement('tr');
    head.className = 'group';
    const cell = head.insertCell();
    cell.colSpan = body.parentElement.tHead.rows[0].cells.length;
    cell.textContent = key + ': ' + seen;
    return [head, ...some];
  }));
};
const bodies = [...new Set(rows.map((row) => row.parentElement))];
const show = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
  for (const row of rows) row.hidden = !words.every((word) => row.dataset.find.includes(word));
  const servers = bodies.length === 0 ? [] : [...bodies[0].rows].filter((row) => row.dataset.find !== undefined);
  found.textContent = servers.filter((row) => !row.hidden).length + ' of ' + servers.length + ' servers';
  bodies.forEach(arrange);
};
for (const body of bodies) {
  for (const head of body.parentElement.tHead.rows[0].cells) {
    if (head.dataset.still !== undefined) continue;
    const sort = () => {
      const same = body.dataset.column === String(head.cellIndex);
      body.dataset.down = same && body.dataset.down !== 'yes' ? 'yes' : 'no';
      body.dataset.column = head.cellIndex;
      for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', body.dataset.down === 'yes' ? 'descending' : 'ascending');
      arrange(body);
    };
    head.tabIndex = 0;
    head.className += ' sortable';
    head.addEventListener('click', sort);
    head.addEventListener('keydown', (event) => { if (event.key === 'Enter') sort(); });
  }
}
search.addEventListener('input', show);
group.addEventListener('change', show);
document.querySelector('#controls').hidden = false;
show();
`;

/** A policy for the browser: this script and the page's own style, and nothing from anywhere. */
export const pagePolicy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(pageScript).digest('base64')}'`;
