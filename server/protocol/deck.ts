import { z } from 'zod'
import { BlockId, SlideId } from '../kernel/ids.ts'
import { CheckBlock, FileBlock, MermaidBlock, QuizBlock, TopologyBlock, TraceBlock } from './blocks.ts'

/** What follows a command before the next can be typed. */
export const CommandEffect = z.enum([
  /** It ends by itself; its exit status is marked by the shell. */
  'ends',
  /** It opens another shell (`kubectl exec -it … sh`): the next command waits for that shell's prompt. */
  'opens-shell',
  /** It follows something without end (`logs -f`, `-w`): the run ends here and says so. */
  'follows',
  /** It opens an editor: the run ends here and says so. */
  'edits',
])
export type CommandEffect = z.infer<typeof CommandEffect>

/** One complete command as it is typed: a heredoc, a loop or continued lines are one. */
export const Command = z.strictObject({ text: z.string().min(1), effect: CommandEffect })
export type Command = z.infer<typeof Command>

/** A `bash` fence: runnable code. */
export const CommandBlock = z.strictObject({
  kind: z.literal('command'),
  id: BlockId,
  source: z.string(),
  commands: z.array(Command),
  /** Which of the viewer's terminals it runs in, from 1; the one in front unless told. */
  terminal: z.int().min(1).max(9).optional(),
  /** For rehearsing: a regular expression that is searched in the block's output. */
  expect: z.string().min(1).max(500).optional(),
  /** For rehearsing: the last command exits non-zero. */
  expectFail: z.boolean().optional(),
  /** For rehearsing: the last command is repeated every second until its output matches. */
  until: z.string().min(1).max(500).optional(),
  timeoutSeconds: z.int().min(1).max(3600).optional(),
  /** What it is to the slide's exercise: part of a hint, of its solution, or a fix that must not be accepted. */
  role: z.enum(['hint', 'solution', 'wrong']).optional(),
})
export type CommandBlock = z.infer<typeof CommandBlock>

/** A `promql` fence: one chart a query. */
export const QueryBlock = z.strictObject({
  kind: z.literal('query'),
  id: BlockId,
  queries: z.array(z.string().min(1)),
  /** How the series are drawn; lines unless told. */
  chart: z.enum(['line', 'area', 'bars', 'number', 'table']).optional(),
  title: z.string().optional(),
  /** How far back the chart looks. */
  rangeSeconds: z.number().int().positive(),
  stepSeconds: z.number().int().positive(),
})
export type QueryBlock = z.infer<typeof QueryBlock>

export const Block = z.discriminatedUnion('kind', [
  CommandBlock,
  QueryBlock,
  CheckBlock,
  QuizBlock,
  TopologyBlock,
  TraceBlock,
  MermaidBlock,
  FileBlock,
])
export type Block = z.infer<typeof Block>

/** What one step of a slide shows in full (steps accumulate: a later one repeats the earlier ones' content). Sanitised HTML. */
export const Step = z.strictObject({
  /** `<div data-block="ID">…highlighted code…</div>` marks where a live block goes. */
  html: z.string(),
  /** The presenter's notes as sanitised HTML; empty when there are none. Only the presenter is sent them. */
  notes: z.string(),
  /** What the footer shows at this step, where it is not the slide's. */
  number: z.string().optional(),
})
export type Step = z.infer<typeof Step>

export const Layout = z.enum(['title', 'section', 'statement', 'quote', 'content', 'two-columns', 'code', 'image', 'exercise', 'join'])
export type Layout = z.infer<typeof Layout>

export const Slide = z.strictObject({
  id: SlideId,
  /** Plain text of its first heading, for lists, chapters and screen readers. */
  title: z.string(),
  layout: Layout,
  /** Classes from the deck's `class` property. */
  classes: z.array(z.string()),
  /** CSS values as written in the deck, for the properties `background-image`, `-color`, `-size`, `-position`. */
  background: z.record(z.string(), z.string()),
  /** What the footer shows at its first step; slides with `count: false` repeat the former one's. */
  number: z.string(),
  steps: z.array(Step).min(1),
  blocks: z.array(Block),
})
export type Slide = z.infer<typeof Slide>

export const Deck = z.strictObject({
  title: z.string(),
  presenters: z.array(z.string()),
  date: z.string().optional(),
  /** Changes whenever the deck's content does. */
  version: z.string(),
  slides: z.array(Slide).min(1),
})
export type Deck = z.infer<typeof Deck>

/** The deck as attendees and the stage get it: without the presenter's notes. */
export function withoutNotes(deck: Deck): Deck {
  return { ...deck, slides: deck.slides.map((slide) => ({ ...slide, steps: slide.steps.map((step) => ({ ...step, notes: '' })) })) }
}
