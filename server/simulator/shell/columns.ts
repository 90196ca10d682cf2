/** Names in as many columns as fit, read downwards. */
export function columnsOf(names: readonly string[], width: number): string {
  const longest = Math.max(...names.map((name) => name.length)) + 2
  const across = Math.max(1, Math.floor(width / longest))
  const rows = Math.ceil(names.length / across)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const cells = names.filter((_, index) => index % rows === row)
    text += `${cells
      .map((name) => name.padEnd(longest))
      .join('')
      .trimEnd()}\n`
  }
  return text
}
