import { z } from 'zod'
import { BlockId, PersonId, SessionId, TerminalId } from '../kernel/ids.ts'
import { ChartId } from './client-message.ts'
import { LiveState } from './live-block.ts'
import { LoggedEvent } from './session-event.ts'

/** Which page a connection serves: it decides what it may see and say. */
export const Page = z.enum(['stage', 'console', 'attendee'])
export type Page = z.infer<typeof Page>

/** One line of a chart. */
export const Series = z.strictObject({
  labels: z.record(z.string(), z.string()),
  /** Seconds since the epoch and values, oldest first; null where Prometheus had no or no finite number. */
  times: z.array(z.number()),
  values: z.array(z.number().nullable()),
})
export type Series = z.infer<typeof Series>

/** What a chart shows now. */
export const ChartState = z.discriminatedUnion('state', [
  /** `why` is a whole sentence for people: what the chart waits for, and why. */
  z.strictObject({ state: z.literal('waiting'), why: z.string() }),
  z.strictObject({ state: z.literal('data'), series: z.array(Series), from: z.number(), to: z.number() }),
  /** The query ran and matched nothing. */
  z.strictObject({ state: z.literal('empty'), why: z.string() }),
  /** Prometheus' own words about a wrong query, or ours when it cannot be asked. */
  z.strictObject({ state: z.literal('failed'), why: z.string() }),
])
export type ChartState = z.infer<typeof ChartState>

/** Whether this person has a cluster and may open terminals. */
export const ClusterNotice = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('starting') }),
  z.strictObject({
    state: z.literal('ready'),
    name: z.string(),
    simulated: z.boolean(),
    /** How much of a fast-forward is done, 0 to 1, while there is one. */
    journey: z.number().min(0).max(1).optional(),
    /** It was fast-forwarded, and can be what it was before. */
    returnable: z.boolean().optional(),
  }),
  /** Slides only, or no cluster left: `why` says it in a sentence. */
  z.strictObject({ state: z.literal('none'), why: z.string() }),
])
export type ClusterNotice = z.infer<typeof ClusterNotice>

/** Everything that the server may say to a browser. */
export const ServerMessage = z.discriminatedUnion('type', [
  /** First on every connection. `events`: all that this page may see, after the `?after=SEQ` it asked for. */
  z.strictObject({
    type: z.literal('welcome'),
    session: SessionId,
    page: Page,
    /** Whose page it is; the stage is nobody's but shows the presenter's. */
    person: PersonId.nullable(),
    presenter: PersonId,
    deckVersion: z.string(),
    cluster: ClusterNotice,
    /** Server time, milliseconds since the epoch, for clocks on pages. */
    now: z.number(),
    events: z.array(LoggedEvent),
  }),
  z.strictObject({ type: z.literal('events'), events: z.array(LoggedEvent) }),
  z.strictObject({ type: z.literal('cluster'), cluster: ClusterNotice }),
  /** Fetch `/api/deck` again. */
  z.strictObject({ type: z.literal('deck.changed'), deckVersion: z.string() }),
  /** What is written in the deck's file now cannot be shown, and why; null when it can again. Not sent to attendees. */
  z.strictObject({ type: z.literal('deck.problem'), say: z.string().nullable() }),
  /** Output beginning at `offset`. Where it overlaps what the page has, the page skips the overlap. */
  z.strictObject({
    type: z.literal('terminal.output'),
    terminal: TerminalId,
    offset: z.int().min(0),
    data: z.string(),
    replayed: z.boolean(),
  }),
  /** History before `offset` is gone: clear the screen, output goes on from there. */
  z.strictObject({ type: z.literal('terminal.reset'), terminal: TerminalId, offset: z.int().min(0) }),
  z.strictObject({ type: z.literal('chart'), chart: ChartId, chartState: ChartState }),
  z.strictObject({ type: z.literal('block'), block: BlockId, live: LiveState }),
  /** Something this page asked for did not work; shown to the person. */
  z.strictObject({ type: z.literal('problem'), code: z.string(), say: z.string() }),
])
export type ServerMessage = z.infer<typeof ServerMessage>
