/**
 * Resource quantities: `500m`, `1.5Gi`, `2e3`.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export interface Quantity {
  /** In billionths: what the format can express at its finest. */
  readonly nano: bigint
  readonly format: 'decimal' | 'binary' | 'exponent'
}

const NANO = 1_000_000_000n
const DECIMAL: readonly (readonly [string, bigint])[] = [
  ['E', NANO * 10n ** 18n],
  ['P', NANO * 10n ** 15n],
  ['T', NANO * 10n ** 12n],
  ['G', NANO * 10n ** 9n],
  ['M', NANO * 10n ** 6n],
  ['k', NANO * 1000n],
  ['', NANO],
  ['m', 1_000_000n],
  ['u', 1000n],
  ['n', 1n],
]
const BINARY: readonly (readonly [string, bigint])[] = [
  ['Ei', NANO * 2n ** 60n],
  ['Pi', NANO * 2n ** 50n],
  ['Ti', NANO * 2n ** 40n],
  ['Gi', NANO * 2n ** 30n],
  ['Mi', NANO * 2n ** 20n],
  ['Ki', NANO * 1024n],
]
const SUFFIXES = new Map([...DECIMAL, ...BINARY])
const PATTERN = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)([a-zA-Z]{0,2}|[eE][+-]?\d+)$/

/** @returns undefined when it is not one */
export function parseQuantity(written: string): Quantity | undefined {
  const match = PATTERN.exec(written)
  if (!match) return undefined
  const [, sign, digits = '', suffix = ''] = match
  const exponent = /^[eE]([+-]?\d{1,3})$/.exec(suffix)
  const power = exponent ? Number(exponent[1]) : 0
  const unit = exponent ? scaled(power) : SUFFIXES.get(suffix)
  if (unit === undefined) return undefined
  const [whole = '', fraction = ''] = digits.split('.')
  const scale = 10n ** BigInt(fraction.length)
  const numerator = BigInt(whole + fraction || '0') * unit
  // What is finer than a billionth is rounded up, away from zero.
  const nano = (numerator + scale - 1n) / scale
  return { nano: sign === '-' ? -nano : nano, format: exponent ? 'exponent' : suffix.endsWith('i') ? 'binary' : 'decimal' }
}

/** The canonical way to write it, as the API answers: `1000m` is `1`, `1024Mi` is `1Gi`. */
export function formatQuantity(quantity: Quantity): string {
  const { nano, format } = quantity
  if (nano === 0n) return '0'
  const size = nano < 0n ? -nano : nano
  if (format === 'binary' && size >= 1024n * NANO && size % NANO === 0n) {
    for (const [suffix, unit] of BINARY) if (nano % unit === 0n) return `${nano / unit}${suffix}`
    return String(nano / NANO)
  }
  for (const [suffix, unit] of DECIMAL) {
    if (nano % unit !== 0n) continue
    if (format === 'exponent') {
      const power = String(unit / NANO).length - 1
      return power > 0 ? `${nano / unit}e${power}` : `${nano / unit}${suffix}`
    }
    return `${nano / unit}${suffix}`
  }
  return String(nano)
}

/** The canonical form of what is known to be a quantity; anything else is left as it is. */
export function canonicalQuantity(written: string | number): string {
  const quantity = parseQuantity(String(written))
  return quantity ? formatQuantity(quantity) : String(written)
}

/** In billionths; 0 when absent or not a quantity. */
export function nanoOf(written: string | undefined): bigint {
  return written === undefined ? 0n : (parseQuantity(written)?.nano ?? 0n)
}

function scaled(power: number): bigint | undefined {
  if (power >= 0) return NANO * 10n ** BigInt(power)
  return power >= -9 ? NANO / 10n ** BigInt(-power) : 1n
}
