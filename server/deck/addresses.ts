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

/** What a background may be made of: nothing else can reach out, or run. */
const BACKGROUND_FUNCTIONS =
  /^(?:url|rgba?|hsla?|hwb|lab|lch|oklab|oklch|color-mix|calc|min|max|clamp|(?:repeating-)?(?:linear|radial|conic)-gradient)$/i

/** A background's value when all of it is known to be harmless and its files are the deck's own; undefined otherwise. */
export function backgroundValue(value: string, revision = 0): string | undefined {
  if (/[;{}\\<>@]|\/\*/.test(value) || value.length > 2000) return undefined
  if ([...value.matchAll(/([\w-]*)\(/g)].some(([, name = '']) => !BACKGROUND_FUNCTIONS.test(name))) return undefined
  const files: string[] = []
  const shown = value.replace(
    /url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')(\s]*))\s*\)/gi,
    (_, double?: string, single?: string, bare?: string) => {
      const address = (double ?? single ?? bare ?? '').trim()
      files.push(address)
      return `url("${imageAddress(address, revision).replaceAll('"', '%22')}")`
    },
  )
  // What is left over of a url( was not understood, and what names another place is not the deck's.
  if (files.some((file) => /^[a-z][a-z0-9+.-]*:/i.test(file) || file.startsWith('//'))) return undefined
  return (shown.match(/url\(/gi)?.length ?? 0) === files.length ? shown : undefined
}
