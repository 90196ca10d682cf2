/** Zones are a file on a real server; here the language's own list stands for it, with the zones that are not a place. */
const OTHERS =
  /^(UTC|GMT|EST|MST|HST|CET|EET|MET|WET|EST5EDT|CST6CDT|MST7MDT|PST8PDT|UCT|Zulu|Universal|Greenwich|Etc\/(UTC|GMT([+-]\d{1,2})?|UCT|Zulu|Universal|Greenwich))$/
const PART = /^[A-Za-z.\-_0-9+]{1,14}$/

/** What is wrong with the name of a time zone. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go validateTimeZone */
export function timeZoneComplaint(zone: string): readonly string[] {
  if (zone === '') return ['timeZone must be nil or non-empty string']
  const unknown = `unknown time zone ${zone}`
  if (zone.split('/').some((part) => part === '.' || part === '..' || part.startsWith('-') || !PART.test(part))) return [unknown]
  if (zone.toLowerCase() === 'local') {
    const explicit = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    return zone === 'Local' ? [explicit] : [explicit, unknown]
  }
  return OTHERS.test(zone) || isPlace(zone) ? [] : [unknown]
}

function isPlace(zone: string): boolean {
  try {
    // Files' names know capitals; the language does not. An alias resolves to another name.
    const resolved = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
    return resolved === zone || resolved.toLowerCase() !== zone.toLowerCase()
  } catch {
    return false
  }
}
