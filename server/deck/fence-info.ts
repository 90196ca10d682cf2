/** What stands behind the opening of a fence: a language, and perhaps attributes in braces. */
export interface FenceInfo {
  readonly language: string
  readonly attributes: ReadonlyMap<string, string>
}

/** `promql {range=15m title="Memory"}` → language and attributes; an attribute without a value is `true`. */
export function parseFenceInfo(info: string): FenceInfo {
  const brace = info.indexOf('{')
  const head = (brace < 0 ? info : info.slice(0, brace)).trim()
  const language = (head.split(/[\s,]+/)[0] ?? '').replace(/^\.+/, '').toLowerCase()
  const attributes = new Map<string, string>()
  const inside = brace < 0 ? '' : info.slice(brace + 1, info.includes('}', brace) ? info.lastIndexOf('}') : undefined)
  for (const [, key = '', value, double, single] of inside.matchAll(/([A-Za-z][\w-]*)(?:=("([^"]*)"|'([^']*)'|[^\s]+))?/g)) {
    attributes.set(key, double ?? single ?? value ?? 'true')
  }
  return { language, attributes }
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `90`, `15s`, `1h30m` → seconds; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  if (!/^(?:\d{1,6}[smhd])+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)([smhd])/g)].reduce((sum, [, count, unit = 's']) => sum + Number(count) * (UNITS[unit] ?? 1), 0)
}
