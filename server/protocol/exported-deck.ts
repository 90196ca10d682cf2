import { z } from 'zod'
import { BlockId } from '../kernel/ids.ts'
import { Deck } from './deck.ts'
import { LiveState } from './live-block.ts'
import { ChartState } from './server-message.ts'

/** What a rehearsal saw of a command block. */
export const RecordedRun = z.strictObject({
  /** Each command with its output as a terminal shows it; in one piece where a shell did not tell them apart. */
  commands: z.array(z.strictObject({ text: z.string(), output: z.string(), exit: z.int().optional() })),
  /** Why it was not as the deck expects, in words; absent when it was. */
  wrong: z.string().optional(),
})
export type RecordedRun = z.infer<typeof RecordedRun>

/** An image of the deck's folder, whole. */
export const EmbeddedImage = z.strictObject({ type: z.string().regex(/^image\/[\w.+-]+$/), base64: z.string() })
export type EmbeddedImage = z.infer<typeof EmbeddedImage>

/** A deck that stands for itself, in a file: what would be live is as a rehearsal found it. */
export const ExportedDeck = z.strictObject({
  deck: Deck,
  /** When it was rehearsed, milliseconds since the epoch; absent when it was not. */
  rehearsedAt: z.number().optional(),
  runs: z.record(BlockId, RecordedRun),
  /** Of each query block, by its queries. */
  charts: z.record(BlockId, z.array(ChartState)),
  live: z.record(BlockId, LiveState),
  /** By their address in the deck's HTML. */
  images: z.record(z.string(), EmbeddedImage),
  /** These slides are to be printed, rather than shown. Links between slides begin with `slideLinks`. */
  print: z.strictObject({ notes: z.boolean(), slideLinks: z.string() }).optional(),
})
export type ExportedDeck = z.infer<typeof ExportedDeck>
