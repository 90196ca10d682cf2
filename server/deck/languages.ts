import type { Options } from 'rehype-highlight'

type Languages = NonNullable<Options['languages']>
type Language = ReturnType<Languages[string]>

/*
 * Languages that the common set lacks, by the words and marks that carry their sense. Every expression is linear: no repetition
 * holds another one.
 */

const text = (quote: string): Language => ({ scope: 'string', begin: quote, end: quote, contains: [{ begin: String.raw`\\.` }] })
const texts = [text('"'), text("'"), text('`')]
const hash = { scope: 'comment', begin: '#', end: '$' }
const duration = { scope: 'number', begin: String.raw`\b\d+(?:ms|[smhdwy])\b` }
const number = { scope: 'number', begin: String.raw`\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b` }
const called = { scope: 'title', begin: String.raw`\b[a-z_]\w*(?=\s?\()` }
const label = { scope: 'attr', begin: String.raw`\b[a-zA-Z_]\w*(?=\s?(?:=|!=))` }

const aggregations = 'sum min max avg group stddev stdvar count count_values bottomk topk quantile limitk limit_ratio'
/** What a LogQL pipeline does with a line. */
const STAGES = 'json logfmt pattern regexp unpack line_format label_format decolorize drop keep unwrap'

const promql = (): Language => ({
  name: 'PromQL',
  keywords: {
    keyword: `by without on ignoring group_left group_right bool offset and or unless start end ${aggregations}`,
    literal: 'Inf NaN',
  },
  contains: [hash, ...texts, duration, label, number, called],
})

const logql = (): Language => ({
  name: 'LogQL',
  keywords: {
    keyword: `by without on ignoring group_left group_right offset and or unless ${aggregations} ${STAGES}`,
  },
  contains: [hash, ...texts, duration, label, number, called],
})

const hcl = (): Language => ({
  name: 'HCL',
  keywords: {
    keyword: 'resource data variable output module provider terraform locals backend for in if moved import check',
    literal: 'true false null',
  },
  contains: [
    hash,
    { scope: 'comment', begin: '//', end: '$' },
    { scope: 'comment', begin: String.raw`/\*`, end: String.raw`\*/` },
    text('"'),
    { scope: 'attr', begin: String.raw`^\s*[a-zA-Z_][\w-]*(?=\s*=)` },
    number,
    called,
  ],
})

const dockerfile = (): Language => ({
  name: 'Dockerfile',
  case_insensitive: true,
  keywords: 'from as maintainer expose env arg user onbuild stopsignal run cmd entrypoint volume add copy workdir label healthcheck shell',
  contains: [
    hash,
    text('"'),
    text("'"),
    { scope: 'variable', begin: String.raw`\$\{?\w+\}?` },
    { scope: 'attr', begin: String.raw`\s--[a-z][\w-]*` },
  ],
})

/** What was typed stands out from what came of it. */
const console = (): Language => ({
  name: 'Console',
  contains: [{ scope: 'strong', begin: String.raw`^\s*[$#] `, end: '$', contains: [hash] }],
})

export const OWN_LANGUAGES: Languages = { promql, logql, hcl, dockerfile, console }
/** Other names for them. */
export const OWN_ALIASES = { dockerfile: ['docker', 'containerfile'], hcl: ['terraform', 'tf'], console: ['shell-session'] }
