import { fieldOf, valuesOf } from './structural.ts'
import type { Structural } from './structural.ts'

/** What of a parsed expression counts here. */
export interface Expression {
  readonly op: string
  readonly args: unknown
}

/** As many items as a request has room for. */
const UNBOUNDED = 1_048_576
/** The most that one rule may cost, by estimate. @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#resource-use-by-validation-functions */
const LIMIT = 10_000_000

/** How many of them there can be inside one value of the schema. */
export function itemsIn(schema: Structural): number {
  return (schema.type === 'array' ? schema.maxItems : schema.maxProperties) ?? UNBOUNDED
}

/**
 * What is wrong with a rule that loops through more than can be waited for: loops in loops through lists without bounds.
 * @param times how many values the rule is about, at most
 */
export function costError(expression: Expression, schema: Structural, times: number): string | undefined {
  const known: Scope = new Map([
    ['self', schema],
    ['oldSelf', schema],
  ])
  const factor = (Math.min(times, UNBOUNDED) * (1 + loops(expression, known))) / LIMIT
  if (factor <= 1) return undefined
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `estimated rule cost exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}

type Scope = ReadonlyMap<string, Structural | undefined>
const LOOPS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter', 'transformList', 'transformMap'])
/** What may loop with two variables, when it has that many arguments. */
const PAIRS: { readonly [name: string]: number } = { all: 3, exists: 3, existsOne: 3, transformList: 3, transformMap: 3 }

/** How often the insides of loops run. */
function loops(expression: Expression, known: Scope): number {
  const call = callOf(expression)
  if (!call || !LOOPS.has(call.name)) return childrenOf(expression.args).reduce((sum, child) => sum + loops(child, known), 0)
  const pairs = call.args.length >= (PAIRS[call.name] ?? Number.POSITIVE_INFINITY)
  const [variable, ...body] = pairs ? call.args.slice(1) : call.args
  const over = schemaAt(call.receiver, known)
  const inside = new Map(known)
  if (variable?.op === 'id') inside.set(String(variable.args), over?.type === 'array' ? over.items : undefined)
  return loops(call.receiver, known) + countOf(call.receiver, over, known) * (1 + body.reduce((sum, part) => sum + loops(part, inside), 0))
}

function callOf(
  expression: Expression,
): { readonly name: string; readonly receiver: Expression; readonly args: readonly Expression[] } | undefined {
  if (expression.op !== 'rcall' || !Array.isArray(expression.args)) return undefined
  const [name, receiver, args] = expression.args as unknown as readonly [string, Expression, readonly Expression[]]
  return { name, receiver, args }
}

function countOf(expression: Expression, schema: Structural | undefined, known: Scope): number {
  if (expression.op === 'list' && Array.isArray(expression.args)) return expression.args.length
  const call = callOf(expression)
  if (call && (call.name === 'map' || call.name === 'filter')) return countOf(call.receiver, schemaAt(call.receiver, known), known)
  return schema ? itemsIn(schema) : UNBOUNDED
}

/** The schema of what an expression says, where that is a field. */
function schemaAt(expression: Expression, known: Scope): Structural | undefined {
  if (expression.op === 'id') return known.get(String(expression.args))
  if (!Array.isArray(expression.args)) return undefined
  const [of, name] = expression.args as unknown as readonly [Expression, unknown]
  const whole = expression.op === '.' || expression.op === '[]' ? schemaAt(of, known) : undefined
  if (!whole) return undefined
  if (expression.op === '.') return fieldOf(whole, String(name))
  return whole.type === 'array' ? whole.items : valuesOf(whole)
}

function childrenOf(args: unknown): readonly Expression[] {
  if (Array.isArray(args)) return args.flatMap((one: unknown) => childrenOf(one))
  return typeof args === 'object' && args !== null && 'op' in args ? [args as Expression] : []
}
