import { readPattern } from '../kernel/pattern.ts'
import type { EventCondition, HttpCondition, ObjectCondition, QueryCondition } from '../protocol/blocks.ts'
import { parsePath, valuesAt } from './json-path.ts'

/** Whether a condition is met, and what a learner is told: the goal in the deck's words or ours, and what there is instead. */
export interface Verdict {
  readonly met: boolean
  readonly say: string
  /** What was found, when it is not what is wanted. */
  readonly found?: string
}

type Comparison = Pick<ObjectCondition, 'equals' | 'matches' | 'atLeast' | 'atMost' | 'exists'>

/** @param objects those that the condition is about */
export function objectVerdict(condition: ObjectCondition, objects: readonly unknown[]): Verdict {
  const what = whatOf(condition)
  if (condition.field === undefined) return countVerdict(condition, what, objects.length)
  const path = parsePath(condition.field)
  const say = condition.say ?? `${condition.field} of ${what} ${wanted(condition)}.`
  if (objects.length === 0 && condition.exists !== false) return { met: false, say, found: `There is no ${what}.` }
  const wrong = objects.filter((object) => !holds(condition, valuesAt(object, path)))
  if (wrong.length === 0) return { met: true, say }
  const [first] = wrong
  const values = valuesAt(first, path).map(shown)
  return { met: false, say, found: `${nameOf(first)}: ${condition.field} is ${values.length > 0 ? values.join(', ') : 'not there'}.` }
}

function countVerdict(condition: ObjectCondition, what: string, count: number): Verdict {
  const { equals, matches, atLeast, atMost, exists } = condition
  const compares = [equals, matches, atLeast, atMost].some((each) => each !== undefined)
  const met = compares ? holds(condition, [count]) : exists === false ? count === 0 : count > 0
  const goal = compares ? `The number of ${what} ${wanted(condition)}.` : `There is ${exists === false ? 'no' : 'a'} ${what}.`
  return { met, say: condition.say ?? goal, ...(!met && { found: count === 0 ? `There is no ${what}.` : `There are ${count}.` }) }
}

/** @param events as the API lists them, those of the condition's namespace */
export function eventVerdict({ event, about, matches, say }: EventCondition, events: readonly unknown[]): Verdict {
  const [kind = '', name = ''] = about?.split('/') ?? []
  const met = events.some((each) => {
    const {
      reason,
      message,
      involvedObject: of,
    } = each as {
      readonly reason?: string
      readonly message?: string
      readonly involvedObject?: { readonly kind?: string; readonly name?: string }
    }
    if (reason !== event) return false
    if (about !== undefined && !(of?.kind?.toLowerCase() === kind.toLowerCase() && (of.name ?? '').startsWith(name))) return false
    return matches === undefined || readPattern(matches).found(message ?? '')
  })
  return { met, say: say ?? `The cluster has recorded an event ${event}${about === undefined ? '' : ` of ${about}`}.` }
}

/** What Prometheus says of a query: the newest value of each series, or why there is none. */
export type QueryFacts = { readonly values: readonly number[] } | { readonly why: string }

export function queryVerdict(condition: QueryCondition, facts: QueryFacts): Verdict {
  const { query, equals, atLeast, atMost } = condition
  const compares = [equals, atLeast, atMost].some((each) => each !== undefined)
  const say = condition.say ?? `The query ${query} ${compares ? `gives what ${wanted(condition)}` : 'gives something'}.`
  if ('why' in facts) return { met: false, say, found: facts.why }
  if (facts.values.length === 0) return { met: false, say, found: 'The query finds nothing yet.' }
  const wrong = facts.values.filter((value) => compares && !holds(condition, [value]))
  return wrong.length === 0 ? { met: true, say } : { met: false, say, found: `It is ${wrong.slice(0, 3).map(shown).join(', ')}.` }
}

/** What a server answers, or why it does not. */
export type HttpFacts = { readonly status: number; readonly body: string } | { readonly why: string }

export function httpVerdict({ http, status = 200, matches, say }: HttpCondition, facts: HttpFacts): Verdict {
  const goal = say ?? `${http} answers with ${status}${matches === undefined ? '' : ` and says ${matches}`}.`
  if ('why' in facts) return { met: false, say: goal, found: facts.why }
  if (facts.status !== status) return { met: false, say: goal, found: `It answers with ${facts.status}.` }
  if (matches !== undefined && !readPattern(matches).found(facts.body))
    return { met: false, say: goal, found: 'It answers with something else.' }
  return { met: true, say: goal }
}

/** Whether every one of a field's values is what is wanted. */
function holds({ equals, matches, atLeast, atMost, exists }: Comparison, values: readonly unknown[]): boolean {
  const there = values.filter((value) => value !== undefined && value !== null)
  if (exists === false) return there.length === 0
  if (there.length === 0) return false
  return there.every(
    (value) =>
      (equals === undefined || value === equals || String(value) === String(equals)) &&
      (matches === undefined || readPattern(matches).found(shown(value))) &&
      (atLeast === undefined || Number(value) >= atLeast) &&
      (atMost === undefined || Number(value) <= atMost),
  )
}

function wanted({ equals, matches, atLeast, atMost, exists }: Comparison): string {
  if (equals !== undefined) return `is ${String(equals)}`
  if (matches !== undefined) return `matches ${matches}`
  if (atLeast !== undefined && atMost !== undefined) return `is between ${atLeast} and ${atMost}`
  if (atLeast !== undefined) return `is at least ${atLeast}`
  if (atMost !== undefined) return `is at most ${atMost}`
  return exists === false ? 'is not there' : 'is there'
}

function whatOf({ object, name, namespace, selector }: ObjectCondition): string {
  const words = [object, name, selector && `with ${selector}`, namespace && `in the namespace ${namespace}`]
  return words.filter((word) => word !== undefined).join(' ')
}

function nameOf(object: unknown): string {
  const { metadata } = object as { readonly metadata?: { readonly name?: string } }
  return metadata?.name ?? 'One of them'
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
