const NAMED: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as HTML. References that are written out (`&copy;`) stay what they are unless `all` is asked for, as in code. */
export function escapeHtml(text: string, all = false): string {
  return text.replace(all ? /&/g : /&(?!#?\w{1,40};)/g, '&amp;').replace(/[<>"']/g, (char) => NAMED[char] ?? char)
}
