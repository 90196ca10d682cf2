import { readPattern } from '../kernel/pattern.ts'
import type { EventCondition, HttpCondition, ObjectCondition, QueryCondition } from '../protocol/blocks.ts'
import { amountOf } from './quantity.ts'
import { countOf, fieldOf, noneOf, objectsOf, shown } from './words.ts'
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
  if (condition.field === undefined) return countVerdict(condition, objects.length)
  const path = parsePath(condition.field)
  const say = condition.say ?? `${condition.field} of ${objectsOf(condition)} ${wanted(condition)}.`
  if (objects.length === 0 && condition.exists !== false) return { met: false, say, found: noneOf(condition) }
  const wrong = objects.filter((object) => !holds(condition, valuesAt(object, path)))
  if (wrong.length === 0) return { met: true, say }
  const [first] = wrong
  return { met: false, say, found: fieldOf(condition, first, valuesAt(first, path)) }
}

function countVerdict(condition: ObjectCondition, count: number): Verdict {
  const { equals, matches, atLeast, atMost, exists } = condition
  const compares = [equals, matches, atLeast, atMost].some((each) => each !== undefined)
  const met = compares ? holds(condition, [count]) : exists === false ? count === 0 : count > 0
  const what = objectsOf(condition)
  const none = `There ${condition.name === undefined ? 'are' : 'is'} no ${what}.`
  const some = condition.name === undefined ? `There are ${what}.` : `There is a ${what}.`
  const goal = compares ? `The number of ${what} ${wanted(condition)}.` : exists === false ? none : some
  return { met, say: condition.say ?? goal, ...(!met && { found: countOf(condition, count) }) }
}

/** @param events as the API lists them, those of the condition's namespace */
export function eventVerdict({ event, about, matches, say }: EventCondition, events: readonly unknown[]): Verdict {
  const [kind = '', name = ''] = about?.split('/') ?? []
  const fitting = events
    .map((each) => each as RecordedEvent)
    .filter(({ reason, involvedObject: of }) => {
      if (reason !== event) return false
      return about === undefined || (of?.kind?.toLowerCase() === kind.toLowerCase() && (of.name ?? '').startsWith(name))
    })
  const met = fitting.some(({ message }) => matches === undefined || readPattern(matches).found(message ?? ''))
  const goal = say ?? `The cluster has recorded an event ${event}${about === undefined ? '' : ` of ${about}`}.`
  if (met) return { met, say: goal }
  const last = fitting.at(-1)?.message
  return {
    met,
    say: goal,
    found: last === undefined ? 'No such event has been recorded yet.' : `Its message is another one: ${shown(last)}`,
  }
}

interface RecordedEvent {
  readonly reason?: string
  readonly message?: string
  readonly involvedObject?: { readonly kind?: string; readonly name?: string }
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
  return wrong.length === 0 ? { met: true, say } : { met: false, say, found: `It gives ${wrong.slice(0, 3).map(shown).join(', ')}.` }
}

/** What a server answers, or why it does not. */
export type HttpFacts = { readonly status: number; readonly body: string } | { readonly why: string }

export function httpVerdict({ http, status = 200, matches, say }: HttpCondition, facts: HttpFacts): Verdict {
  const goal = say ?? `${http} answers with ${status}${matches === undefined ? '' : ` and says ${matches}`}.`
  if ('why' in facts) return { met: false, say: goal, found: facts.why }
  if (facts.status !== status)
    return { met: false, say: goal, found: `It answers with ${facts.status}${facts.status === 200 ? '' : `, not with ${status}`}.` }
  if (matches !== undefined && !readPattern(matches).found(facts.body))
    return { met: false, say: goal, found: `It answers, but what it says does not match ${matches}.` }
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
      (atLeast === undefined || amountOf(value) >= amountOf(atLeast)) &&
      (atMost === undefined || amountOf(value) <= amountOf(atMost)),
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
