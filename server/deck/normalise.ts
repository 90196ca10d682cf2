/** Line ends, BOM and common indentation (dialect 1.1, 1.2); our placeholders' characters go. */
export function normalise(source: string): string {
  const text = source
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\uE000-\uE003]/g, '\uFFFD')
  const lines = text.split('\n')
  let indent = Infinity
  for (const line of lines) if (line.trim() !== '') indent = Math.min(indent, line.length - line.replace(/^[ \t]+/, '').length)
  const dedented =
    indent > 0 && indent < Infinity ? lines.map((line) => line.slice(Math.min(indent, line.length - line.trimStart().length))) : lines
  return dedented.join('\n')
}
