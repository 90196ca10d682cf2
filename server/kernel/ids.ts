import { z } from 'zod'

/** Ids are branded, so that one kind cannot be handed over for another. They are short, URL-safe and hostile until parsed. */
const id = /^[A-Za-z0-9_-]{1,64}$/

export const SessionId = z.string().regex(id).brand('SessionId')
export type SessionId = z.infer<typeof SessionId>

export const PersonId = z.string().regex(id).brand('PersonId')
export type PersonId = z.infer<typeof PersonId>

export const TerminalId = z.string().regex(id).brand('TerminalId')
export type TerminalId = z.infer<typeof TerminalId>

export const ClusterId = z.string().regex(id).brand('ClusterId')
export type ClusterId = z.infer<typeof ClusterId>

/** A slide's stable name: its `name` property, else made from its heading; unique within its deck. */
export const SlideId = z.string().min(1).max(200).brand('SlideId')
export type SlideId = z.infer<typeof SlideId>

/** A live block's id, unique within its deck. */
export const BlockId = z.string().regex(id).brand('BlockId')
export type BlockId = z.infer<typeof BlockId>
