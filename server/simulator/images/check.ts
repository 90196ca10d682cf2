import { isMap, LineCounter, parseAllDocuments } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { ImageError, ImageSchema } from './schema.ts'
import type { ImageDocument } from './schema.ts'

/** One mistake in an image description, at a place that an editor can jump to. */
export interface ImageProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** Where in the document, e.g. `programs.0.listens.0.port`. */
  readonly path: string
  readonly message: string
}

/**
 * Reads a file with one or more image descriptions.
 * @param file its name, for what is said about it
 * @throws ImageError that says every mistake as `FILE:LINE:COLUMN: PATH: what is wrong`, with the nearest valid word
 */
export function readImages(text: string, file: string): readonly ImageDocument[] {
  const { images, problems } = checkImages(text, file)
  if (problems.length > 0) throw new ImageError(problems.map(problemText).join('\n'))
  return images
}

/** The problem on one line. */
export function problemText({ file, line, column, path, message }: ImageProblem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`
}

/** As `readImages`, for those who want the mistakes one by one. */
export function checkImages(
  text: string,
  file: string,
): { readonly images: readonly ImageDocument[]; readonly problems: readonly ImageProblem[] } {
  const lines = new LineCounter()
  const problem = (offset: number, path: string, message: string): ImageProblem => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path, message }
  }
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  if (!Array.isArray(documents) || documents.length === 0) return { images: [], problems: [problem(0, '', 'There is nothing in it.')] }
  const images: ImageDocument[] = []
  const problems: ImageProblem[] = []
  for (const document of documents) {
    const broken = document.errors[0]
    if (broken) {
      problems.push(problem(broken.pos[0], '', `This is not YAML: ${broken.message}`))
      continue
    }
    const parsed = ImageSchema.safeParse(document.toJS({ maxAliasCount: 20 }))
    if (parsed.success) images.push(parsed.data)
    else problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue, document, problem)))
  }
  return { images, problems }
}

type Issue = z.core.$ZodIssue
type Make = (offset: number, path: string, message: string) => ImageProblem

function problemsOf(issue: Issue, document: Document, make: Make): ImageProblem[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(ImageSchema, path)
    return issue.keys.map((key) =>
      make(offsetOf(document, [...path, key]), [...path, key].join('.'), `there is no such field.${nearest(key, known)}`),
    )
  }
  // The branch of a union that came closest says more than the union.
  if (issue.code === 'invalid_union') {
    const said = [...new Set(issue.errors.flat().map(({ message }) => message))]
    return [make(offsetOf(document, path), path.join('.'), said.length > 0 ? said.join(', or ') : issue.message)]
  }
  const given = document.getIn(path)
  const near = issue.code === 'invalid_value' ? nearest(String(given), issue.values.map(String)) : ''
  const missing = given === undefined && issue.code === 'invalid_type'
  return [make(offsetOf(document, path), path.join('.'), missing ? 'is missing.' : `${issue.message}${near}`)]
}

/** Where the value at a path is, or the nearest thing around it that is there. */
function offsetOf(document: Document, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const around = length > 1 ? document.getIn(path.slice(0, length - 1), true) : document.contents
    const key = path[length - 1]
    if (isMap(around)) {
      const pair = around.items.find(({ key: each }) => String(each) === key)
      const range = (pair?.key as { readonly range?: readonly number[] } | undefined)?.range
      if (range?.[0] !== undefined) return range[0]
    }
    const node = document.getIn(path.slice(0, length), true) as { readonly range?: readonly number[] } | undefined
    if (node?.range?.[0] !== undefined) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

interface Definition {
  readonly type: string
  readonly innerType?: { readonly def: Definition; readonly shape?: Record<string, unknown> }
  readonly element?: unknown
  readonly valueType?: unknown
  readonly in?: unknown
}

/** The fields that an object may have at a path of the schema. */
function keysAt(schema: unknown, path: readonly string[]): readonly string[] {
  let at = bare(schema)
  for (const step of path) {
    const { def, shape } = at as { readonly def?: Definition; readonly shape?: Record<string, unknown> }
    at = bare(shape?.[step] ?? def?.element ?? def?.valueType)
  }
  return Object.keys((at as { readonly shape?: Record<string, unknown> } | undefined)?.shape ?? {})
}

/** Without what only says that it may be missing. */
function bare(schema: unknown): unknown {
  let at = schema as { readonly def?: Definition } | undefined
  while (at?.def && (at.def.innerType ?? at.def.in) !== undefined) at = (at.def.innerType ?? at.def.in) as typeof at
  return at
}

function nearest(word: string, known: readonly string[]): string {
  const [best] = known.map((each) => [each, distance(word.toLowerCase(), each.toLowerCase())] as const).toSorted((a, b) => a[1] - b[1])
  if (best && best[1] <= Math.max(2, Math.floor(word.length / 3))) return ` Did you mean ${best[0]}?`
  return known.length > 0 && known.length <= 40 ? ` It may be: ${known.join(', ')}.` : ''
}

/** How many letters must change (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let at = 1; at <= one.length; at++) {
    const next = [at]
    for (let to = 1; to <= other.length; to++)
      next.push(Math.min((row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1, (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1)))
    row = next
  }
  return row[other.length] ?? 0
}
