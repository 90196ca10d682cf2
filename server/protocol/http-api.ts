import { z } from 'zod'
import { LoggedEvent, RecordedOutput } from './session-event.ts'
import { TerminalId } from '../kernel/ids.ts'

/** `POST /api/join`: a name and the session's code. Sets this browser's attendee cookie. */
export const JoinRequest = z.strictObject({ name: z.string().trim().min(1).max(60), code: z.string().trim().min(1).max(20) })
export type JoinRequest = z.infer<typeof JoinRequest>

/** `POST /api/enter`: trades the secret from the URL's fragment for a cookie. */
export const EnterRequest = z.strictObject({ page: z.enum(['console', 'stage', 'replay']), secret: z.string().min(1).max(200) })
export type EnterRequest = z.infer<typeof EnterRequest>

/** `GET /api/session`: what a page has to know before it is anyone's. */
export const SessionInfo = z.strictObject({
  title: z.string(),
  /** Whether this browser is known as an attendee, the presenter's console, the stage. */
  attendee: z.boolean(),
  console: z.boolean(),
  stage: z.boolean(),
  /** For the join slide; only for the stage and the console. */
  join: z.strictObject({ url: z.string(), code: z.string(), qrSvg: z.string() }).nullable(),
})
export type SessionInfo = z.infer<typeof SessionInfo>

/** What went wrong with an HTTP request, in words for the person. Status 4xx or 5xx. */
export const Problem = z.strictObject({ code: z.string(), say: z.string() })
export type Problem = z.infer<typeof Problem>

/** `GET /api/replay`: a whole recording; the deck is at `/api/deck`, terminals at `/api/replay/terminals/ID`. */
export const Recording = z.strictObject({ session: z.string(), events: z.array(LoggedEvent), terminals: z.array(TerminalId) })
export type Recording = z.infer<typeof Recording>

/** `GET /api/replay/terminals/ID` */
export const RecordedTerminal = z.array(RecordedOutput)
