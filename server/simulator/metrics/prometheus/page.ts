/** Text as it may stand in a page. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:0;color:#1c1e21;background:#fff}
header{background:#263238;padding:.6rem 1.2rem}header a{color:#eceff1;margin-right:1.2rem;text-decoration:none}
header b{color:#fff;margin-right:2rem}main{padding:1rem 1.2rem}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
td,th{border-bottom:1px solid #cfd8dc;padding:.3rem .6rem;text-align:left;vertical-align:top}code,pre{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
.firing,.down,.err{background:#ffebee;color:#8e1616}.pending{background:#fff8e1;color:#6b4e00}.up,.ok,.inactive{color:#1b5e20}
input{font:14px ui-monospace,monospace;width:70%;padding:.4rem}button{padding:.4rem 1rem}
@media (prefers-color-scheme:dark){body{background:#121212;color:#e0e0e0}td,th{border-color:#37474f}.firing,.down,.err{background:#4a1414;color:#ffcdd2}.pending{background:#4a3b00;color:#ffe082}.up,.ok,.inactive{color:#a5d6a7}}`

/** A page of a program's own, in plain HTML. @param body HTML already */
export function webPage(title: string, links: readonly (readonly [path: string, name: string])[], body: string): string {
  const bar = links.map(([path, name]) => `<a href="${escaped(path)}">${escaped(name)}</a>`).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head>
<body><header><b>${escaped(title)}</b>${bar}</header><main>${body}</main></body></html>
`
}

/** @param rows cells as HTML, and the class of the row */
export function table(
  heads: readonly string[],
  rows: readonly { readonly cells: readonly string[]; readonly className?: string }[],
): string {
  const head = heads.map((each) => `<th>${escaped(each)}</th>`).join('')
  const body = rows
    .map(({ cells, className = '' }) => `<tr class="${escaped(className)}">${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('\n')
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`
}

/** `{a="b", c="d"}` */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...rest } = labels
  const inside = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return `${name}{${inside.join(', ')}}`
}
