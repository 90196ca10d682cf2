/** Names in as many columns as fit, read downwards. */
export function columnsOf(names: readonly string[], width: number): string {
  const shownWidth = (name: string) => name.replaceAll(/\u001b\[[0-9;]*m/g, '').length
  const longest = Math.max(...names.map(shownWidth)) + 2
  const across = Math.max(1, Math.floor(width / longest))
  const rows = Math.ceil(names.length / across)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const cells = names.filter((_, index) => index % rows === row)
    text += `${cells
      .map((name) => name + ' '.repeat(longest - shownWidth(name)))
      .join('')
      .trimEnd()}\n`
  }
  return text
}
