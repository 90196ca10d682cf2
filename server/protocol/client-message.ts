import { z } from 'zod'
import { BlockId, SlideId, TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import { Dock } from './session-event.ts'

/** The most that one frame from a browser may hold, in UTF-16 code units. A paste is cut into several. */
export const MAX_FRAME = 256 * 1024

const Columns = z.int().min(2).max(500)
const Rows = z.int().min(1).max(300)

/** A chart's id, chosen by the page that shows it; unique within its connection. */
export const ChartId = z.string().min(1).max(64)

/** Everything that a browser may say to the server. */
export const ClientMessage = z.discriminatedUnion('type', [
  /** The presenter moves the stage; an attendee begins to roam. */
  z.strictObject({ type: z.literal('slide.show'), slide: SlideId, step: z.int().min(0).max(1000) }),
  /** An attendee goes back to following the stage. */
  z.strictObject({ type: z.literal('follow') }),
  /** The presenter shows or hides the stage's dock. */
  z.strictObject({ type: z.literal('dock.show'), dock: Dock }),
  /** The presenter's simulated cluster lives through a time at once; or is again what it was before. */
  z.strictObject({
    type: z.literal('cluster.fast-forward'),
    minutes: z
      .int()
      .min(1)
      .max(24 * 60),
  }),
  z.strictObject({ type: z.literal('cluster.go-back') }),
  z.strictObject({ type: z.literal('terminal.open'), columns: Columns, rows: Rows }),
  z.strictObject({ type: z.literal('terminal.close'), terminal: TerminalId }),
  /** Sends output from `offset` on: what history has, then what comes. 0 means from the oldest kept. */
  z.strictObject({ type: z.literal('terminal.attach'), terminal: TerminalId, offset: z.int().min(0) }),
  z.strictObject({ type: z.literal('terminal.detach'), terminal: TerminalId }),
  z.strictObject({ type: z.literal('terminal.input'), terminal: TerminalId, data: z.string().max(64 * 1024) }),
  z.strictObject({ type: z.literal('terminal.resize'), terminal: TerminalId, columns: Columns, rows: Rows }),
  /** Flow control: everything before `offset` is on this viewer's screen. */
  z.strictObject({ type: z.literal('terminal.ack'), terminal: TerminalId, offset: z.int().min(0) }),
  /** Types a slide's command block into a terminal. */
  z.strictObject({ type: z.literal('run'), terminal: TerminalId, block: BlockId }),
  z.strictObject({ type: z.literal('run.stop'), terminal: TerminalId }),
  /** Looks at a query; the same id again replaces it. */
  z.strictObject({
    type: z.literal('chart.watch'),
    chart: ChartId,
    query: z.string().min(1).max(4000),
    rangeSeconds: z
      .int()
      .min(10)
      .max(24 * 3600),
    stepSeconds: z.int().min(1).max(3600),
  }),
  z.strictObject({ type: z.literal('chart.unwatch'), chart: ChartId }),
  /** Looks at how a live block of the deck stands: a check, a topology, a trace. */
  z.strictObject({ type: z.literal('block.watch'), block: BlockId }),
  z.strictObject({ type: z.literal('block.unwatch'), block: BlockId }),
])
export type ClientMessage = z.infer<typeof ClientMessage>

/** The only way a frame becomes a message. @throws UserError 'bad-message' */
export function parseClientMessage(frame: string): ClientMessage {
  try {
    return ClientMessage.parse(JSON.parse(frame))
  } catch (cause) {
    throw new UserError('bad-message', 'This page said something that the server does not understand. Reload it.', cause)
  }
}
