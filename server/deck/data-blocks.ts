import { z } from 'zod'
import type { BlockId } from '../kernel/ids.ts'
import { readPattern } from '../kernel/pattern.ts'
import { CheckBlock, Condition, FileBlock, MermaidBlock, QuizBlock, TopologyBlock, TraceBlock } from '../protocol/blocks.ts'
import type { FenceInfo } from './fence-info.ts'
import { escapeHtml } from './html-text.ts'
import { readYaml, type BlockFault } from './yaml-block.ts'

export type DataBlock = CheckBlock | QuizBlock | TopologyBlock | TraceBlock | MermaidBlock | FileBlock

/** A block, and what stands for it where it is not live: on paper, in a preview. */
export interface MadeBlock {
  readonly block?: DataBlock
  readonly html?: string
  readonly faults: readonly BlockFault[]
}

type Maker = (id: BlockId, source: string, info: FenceInfo) => MadeBlock

const CONDITION_WORDS = [
  ...['object', 'event', 'query', 'http', 'namespace', 'name', 'selector', 'field', 'about', 'status', 'say'],
  ...['equals', 'matches', 'atLeast', 'atMost', 'exists'],
]

const MAKERS: ReadonlyMap<string, Maker> = new Map(
  Object.entries<Maker>({
    check: (id, source, info) => {
      const schema = z.strictObject({ title: z.string().optional(), all: z.array(Condition).min(1).max(50) })
      const { value, faults } = readYaml(source, schema, ['title', 'all', ...CONDITION_WORDS])
      if (!value) return { faults }
      const title = value.title ?? info.attributes.get('title') ?? value.all[0]?.say ?? 'Exercise'
      const wrong = patternFaults(value.all.map((condition) => ('matches' in condition ? condition.matches : undefined)))
      if (wrong.length > 0) return { faults: wrong }
      return made(CheckBlock, { kind: 'check', id, title, conditions: value.all }, `<p class="check-title">${escapeHtml(title, true)}</p>`)
    },
    quiz: (id, source) => quiz(id, source),
    topology: (id, source, info) => {
      const { id: _, kind: __, ...fields } = TopologyBlock.shape
      const schema = z.strictObject({ ...fields, show: fields.show.default(['nodes', 'deployments', 'pods', 'services']) })
      const { value, faults } = readYaml(source.trim() === '' ? '{}' : source, schema, Object.keys(fields))
      if (!value) return { faults }
      const title = value.title ?? info.attributes.get('title')
      return made(TopologyBlock, { ...value, kind: 'topology', id, ...(title ? { title } : {}) }, titled(title, 'The cluster’s objects'))
    },
    trace: (id, source, info) => {
      const { id: _, kind: __, ...fields } = TraceBlock.shape
      const schema = z.strictObject({ ...fields, failed: fields.failed.default(false) })
      const { value, faults } = readYaml(source, schema, Object.keys(fields))
      if (!value) return { faults }
      const title = value.title ?? info.attributes.get('title')
      return made(TraceBlock, { ...value, kind: 'trace', id, ...(title ? { title } : {}) }, titled(title, `A trace of ${value.service}`))
    },
    mermaid: (id, source, info) => {
      const title = info.attributes.get('title')
      return made(MermaidBlock, { kind: 'mermaid', id, source, ...(title ? { title } : {}) })
    },
  }),
)

/** Languages of fences whose content is data. */
export const DATA_LANGUAGES: ReadonlySet<string> = new Set(MAKERS.keys())

/** Makes the block that a fence of data describes, or says what is wrong with it. */
export function makeDataBlock(id: BlockId, info: FenceInfo, source: string): MadeBlock {
  const file = info.attributes.get('file')
  if (file !== undefined) return made(FileBlock, { kind: 'file', id, name: file, source })
  return MAKERS.get(info.language)?.(id, source, info) ?? { faults: [] }
}

function made<T extends DataBlock>(schema: z.ZodType<T>, value: unknown, html?: string): MadeBlock {
  const read = schema.safeParse(value)
  if (read.success) return { block: read.data, ...(html === undefined ? {} : { html }), faults: [] }
  const [issue] = read.error.issues
  return {
    faults: [
      { line: 0, column: 1, say: `"${String(issue?.path.at(-1) ?? 'This')}" is not right: ${issue?.message ?? 'it cannot be read'}.` },
    ],
  }
}

function titled(title: string | undefined, otherwise: string): string {
  return `<p class="block-title${title ? '' : ' unwritten'}">${escapeHtml(title || otherwise, true)}</p>`
}

function patternFaults(patterns: readonly (string | undefined)[]): BlockFault[] {
  return patterns.flatMap((pattern) => {
    const fault = pattern === undefined ? undefined : patternFault(pattern)
    return fault === undefined ? [] : [{ line: 1, column: 1, say: fault }]
  })
}

/** Why something is no regular expression; undefined when it is one. */
export function patternFault(pattern: string): string | undefined {
  try {
    readPattern(pattern)
    return undefined
  } catch (error) {
    return `${JSON.stringify(pattern)} is not a regular expression (${error instanceof Error ? error.message : String(error)}).`
  }
}

const ANSWER = /^[-*] \[([ xX])\] +(\S.*)$/

/** A question, then `- [ ]` and `- [x]` answers, each perhaps with a `> why` below it. */
function quiz(id: BlockId, source: string): MadeBlock {
  const question: string[] = []
  const answers: { text: string; right: boolean; why?: string }[] = []
  const faults: BlockFault[] = []
  for (const [index, line] of source.split('\n').entries()) {
    const [, mark, text = ''] = ANSWER.exec(line) ?? []
    const last = answers.at(-1)
    if (mark !== undefined) answers.push({ text, right: mark !== ' ' })
    else if (!last) question.push(line)
    else if (/^ *> ?\S/.test(line)) last.why = [last.why, line.replace(/^ *> ?/, '')].filter((part) => part !== undefined).join(' ')
    else if (line.trim() !== '')
      faults.push({ line: index + 1, column: 1, say: 'An answer begins with "- [ ] " or "- [x] ", and its reason with "> ".' })
  }
  const asked = question.join('\n').trim()
  if (asked === '') faults.push({ line: 1, column: 1, say: 'A quiz begins with its question.' })
  if (answers.length < 2) faults.push({ line: 1, column: 1, say: 'A quiz has at least two answers, each a line "- [ ] …" or "- [x] …".' })
  else if (!answers.some(({ right }) => right))
    faults.push({ line: 1, column: 1, say: 'No answer of this quiz is right: mark one with "- [x] ".' })
  if (faults.length > 0) return { faults }
  const list = answers.map(({ text }) => `<li>${escapeHtml(text, true)}</li>`).join('')
  return made(QuizBlock, { kind: 'quiz', id, question: asked, answers }, `<p>${escapeHtml(asked, true)}</p><ul>${list}</ul>`)
}
