/** Where the server shows the files of the deck's folder. */
export const DECK_FILES = '/slides/'

/** An image's address as every page can use it: files of the deck's folder are served under one path, whatever page shows the slide. `revision`: of the files, so that browsers fetch what has changed. */
export function imageAddress(src: string, revision = 0): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(src) || src.startsWith('//')) return src
  const parts: string[] = []
  for (const part of src.split(/[?#]/)[0]?.split('/') ?? []) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return DECK_FILES + parts.join('/') + (revision === 0 ? '' : `?r=${revision}`)
}

export function isRemote(src: string): boolean {
  return /^https?:/i.test(src) || src.startsWith('//')
}

/** A background's `url(…)`, when it names a file of the deck. Values that could reach elsewhere are dropped. */
export function backgroundValue(value: string, revision = 0): string | undefined {
  if (/[;{}\\<>]|expression|@import/i.test(value) || value.length > 2000) return undefined
  return value.replace(/url\(\s*(["']?)([^"')]*)\1\s*\)/g, (_, _quote: string, address: string) =>
    /^(?:javascript|data|vbscript):/i.test(address.trim()) ? 'none' : `url("${imageAddress(address.trim(), revision)}")`,
  )
}
