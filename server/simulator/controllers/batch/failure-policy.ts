import type { ContainerStatus, Job, Pod, SuccessPolicyRule } from '../../resources/kinds.ts'
import { nameOf, namespaceOf } from '../objects.ts'
import { parseIndexes } from './indexes.ts'

/** What a Job does about one failed pod. `message` is there for FailJob. */
export interface FailureVerdict {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
  readonly message: string
}

/**
 * The first rule of `podFailurePolicy` that matches the pod decides; without one it counts as a failure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  const rules = job.spec?.podFailurePolicy?.rules ?? []
  for (const [index, rule] of rules.entries()) {
    const action = rule.action as FailureVerdict['action']
    const { onExitCodes, onPodConditions } = rule
    const ended = onExitCodes && statusesOf(pod).find((status) => exitMatches(status, onExitCodes))
    if (ended) {
      const where = `Container ${ended.name} for pod ${namespaceOf(pod)}/${nameOf(pod)}`
      return {
        action,
        message: `${where} failed with exit code ${ended.state?.terminated?.exitCode ?? 0} matching ${action} rule at index ${index}`,
      }
    }
    const condition = onPodConditions?.find((pattern) =>
      pod.status?.conditions?.some((one) => one.type === pattern.type && one.status === (pattern.status ?? 'True')),
    )
    if (condition) {
      return {
        action,
        message: `Pod ${namespaceOf(pod)}/${nameOf(pod)} has condition ${condition.type} matching ${action} rule at index ${index}`,
      }
    }
  }
  return { action: 'Count', message: '' }
}

const statusesOf = (pod: Pod): readonly ContainerStatus[] => [
  ...(pod.status?.containerStatuses ?? []),
  ...(pod.status?.initContainerStatuses ?? []),
]

function exitMatches(
  status: ContainerStatus,
  rule: { readonly containerName?: string; readonly operator: string; readonly values: readonly number[] },
): boolean {
  const code = status.state?.terminated?.exitCode
  if (code === undefined || code === 0 || (rule.containerName !== undefined && rule.containerName !== status.name)) return false
  return rule.operator === 'In' ? rule.values.includes(code) : rule.operator === 'NotIn' && !rule.values.includes(code)
}

/**
 * The number of the success rule that the succeeded indexes fulfil.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy
 */
export function fulfilledRule(job: Job, succeeded: ReadonlySet<number>): number | undefined {
  const end = job.spec?.completions ?? 0
  const fulfils = (rule: SuccessPolicyRule): boolean => {
    if (rule.succeededIndexes === undefined) return succeeded.size >= (rule.succeededCount ?? end)
    const wanted = parseIndexes(rule.succeededIndexes, end)
    const got = [...wanted].filter((index) => succeeded.has(index)).length
    return got >= (rule.succeededCount ?? wanted.size)
  }
  const found = job.spec?.successPolicy?.rules.findIndex(fulfils) ?? -1
  return found < 0 ? undefined : found
}
