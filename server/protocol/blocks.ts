import { z } from 'zod'
import { BlockId } from '../kernel/ids.ts'

/**
 * Blocks that say what they are in a fence's info string and hold data: checks, quizzes, drawings, files.
 * `slides/README.md` shows how each is written.
 */

/** How a value is held against what a check wants. One of them is there. */
/** A number, or a quantity as Kubernetes writes them: `64Mi`, `250m`. */
const Amount = z.union([z.number(), z.string().regex(/^[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i)?$/)])

const Comparison = {
  equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** A regular expression that is found in the value. */
  matches: z.string().min(1).max(500).optional(),
  atLeast: Amount.optional(),
  atMost: Amount.optional(),
  /** Whether the value is there at all. */
  exists: z.boolean().optional(),
}

const Words = z.string().min(1).max(500)
const Name = z.string().min(1).max(253)
/** What a learner is told while a condition is not met; made from the condition when a deck says nothing. */
const said = { say: Words.optional() }

/** Objects of a cluster: how many there are, or what a field of each of them holds. */
export const ObjectCondition = z.strictObject({
  /** A resource as kubectl takes it: `pods`, `deployments.apps`. */
  object: Name,
  namespace: Name.optional(),
  name: Name.optional(),
  /** Labels, as in `kubectl get -l`. */
  selector: z.string().min(1).max(500).optional(),
  /** Field as in kubectl's jsonpath, without braces: `status.phase`. Without one, objects are counted. */
  field: z.string().min(1).max(300).optional(),
  ...Comparison,
  ...said,
})
export type ObjectCondition = z.infer<typeof ObjectCondition>

/** An event that the cluster has recorded. */
export const EventCondition = z.strictObject({
  /** The event's reason: `Unhealthy`. */
  event: Name,
  namespace: Name.optional(),
  /** Kind and name of what it is about: `pod/shop`. */
  about: Name.optional(),
  /** A regular expression that is found in its message. */
  matches: z.string().min(1).max(500).optional(),
  ...said,
})
export type EventCondition = z.infer<typeof EventCondition>

/** A query, and what each of its series must be; without a comparison, that there is one. */
export const QueryCondition = z.strictObject({
  query: z.string().min(1).max(4000),
  equals: z.number().optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  ...said,
})
export type QueryCondition = z.infer<typeof QueryCondition>

/** What a service or a pod answers over HTTP. */
export const HttpCondition = z.strictObject({
  /** `http://SERVICE.NAMESPACE:PORT/path`, as from inside the cluster. */
  http: z.string().regex(/^https?:\/\/[\w.-]{1,253}(?::\d{1,5})?(?:\/\S{0,1000})?$/),
  status: z.number().int().min(100).max(599).optional(),
  /** A regular expression that is found in the body. */
  matches: z.string().min(1).max(500).optional(),
  ...said,
})
export type HttpCondition = z.infer<typeof HttpCondition>

export const Condition = z.union([ObjectCondition, EventCondition, QueryCondition, HttpCondition])
export type Condition = z.infer<typeof Condition>

/** A `check` fence: met when all of its conditions are. It is evaluated in the learner's own cluster and out of their reach. */
export const CheckBlock = z.strictObject({
  kind: z.literal('check'),
  id: BlockId,
  /** What is to be achieved, in words. */
  title: Words,
  conditions: z.array(Condition).min(1).max(50),
})
export type CheckBlock = z.infer<typeof CheckBlock>

/** A `quiz` fence. */
export const QuizBlock = z.strictObject({
  kind: z.literal('quiz'),
  id: BlockId,
  question: z.string().min(1),
  answers: z
    .array(z.strictObject({ text: z.string().min(1), right: z.boolean(), why: z.string().optional() }))
    .min(2)
    .max(12),
})
export type QuizBlock = z.infer<typeof QuizBlock>

/** A `topology` fence: a live drawing of the objects of the viewer's own cluster. */
export const TopologyBlock = z.strictObject({
  kind: z.literal('topology'),
  id: BlockId,
  title: Words.optional(),
  /** All namespaces that are not the system's, unless told. */
  namespace: Name.optional(),
  /** Labels that objects must have. */
  selector: z.string().min(1).max(500).optional(),
  /** Which kinds are drawn. */
  show: z
    .array(
      z.enum(['nodes', 'deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'pods', 'services', 'ingresses', 'volumes']),
    )
    .min(1),
})
export type TopologyBlock = z.infer<typeof TopologyBlock>

/** A `trace` fence: the newest trace that fits, as a waterfall. */
export const TraceBlock = z.strictObject({
  kind: z.literal('trace'),
  id: BlockId,
  title: Words.optional(),
  service: Name,
  operation: Words.optional(),
  /** Only traces with an error in them. */
  failed: z.boolean(),
})
export type TraceBlock = z.infer<typeof TraceBlock>

/** A `mermaid` fence: a diagram in Mermaid's own language. */
export const MermaidBlock = z.strictObject({
  kind: z.literal('mermaid'),
  id: BlockId,
  title: Words.optional(),
  source: z.string().min(1).max(20_000),
})
export type MermaidBlock = z.infer<typeof MermaidBlock>

/** A fence with `{file=NAME}`: a click writes it into the viewer's home. */
export const FileBlock = z.strictObject({
  kind: z.literal('file'),
  id: BlockId,
  /** A path inside the home: no `..`, not absolute. */
  name: z.string().regex(/^(?!.*(?:^|\/)\.\.(?:\/|$))[\w][\w./-]{0,199}$/),
  source: z.string().max(200_000),
})
export type FileBlock = z.infer<typeof FileBlock>
