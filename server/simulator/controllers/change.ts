import type { ApiError, DeleteOptions, ScaleTarget } from '../api/door.ts'
import type { Kinds } from '../resources/kinds.ts'
import type { Saying, Subject } from './event-recorder.ts'
import type { AnyObject } from './objects.ts'

/** What a controller decides. It never acts itself: the runner carries changes out, in order. */
export type Change =
  | {
      readonly do: 'create'
      readonly object: AnyObject
      /** What to say, or do, once it is there (its name may have been made up only then). */
      readonly done?: (created: AnyObject) => readonly Change[]
      /** What to do when it is refused. The changes after this one are dropped then, and the key is tried again later. */
      readonly refused?: (error: ApiError) => readonly Change[]
    }
  | { readonly do: 'update'; readonly object: AnyObject }
  | { readonly do: 'status'; readonly object: AnyObject }
  | { readonly do: 'rescale'; readonly target: ScaleTarget; readonly replicas: number }
  | {
      readonly do: 'delete'
      readonly kind: keyof Kinds
      readonly namespace: string | undefined
      readonly name: string
      readonly options?: DeleteOptions
    }
  | ({ readonly do: 'say'; readonly about: Subject } & Saying)
  /** Looks at the same key again after some time: for deadlines and minimum ready times. */
  | { readonly do: 'again'; readonly millis: number }

export const normal = (about: Subject, reason: string, message: string): Change => ({ do: 'say', about, type: 'Normal', reason, message })
export const warning = (about: Subject, reason: string, message: string): Change => ({ do: 'say', about, type: 'Warning', reason, message })
export const again = (millis: number | undefined): Change[] => (millis === undefined ? [] : [{ do: 'again', millis }])
