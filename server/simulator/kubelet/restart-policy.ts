import type { Container, ContainerRestartRule, Pod } from '../resources/kinds.ts'

/** A restartable init container: it runs beside the others. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

export const isInitContainer = (pod: Pod, name: string): boolean => pod.spec?.initContainers?.some((one) => one.name === name) ?? false

/**
 * Whether a container that has ended with `code` is started again: its own rules come first, then its own policy, then
 * its pod's. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
 */
export function restartsAfter(pod: Pod, container: Container, code: number): boolean {
  if (container.restartPolicyRules?.some((rule) => applies(rule, code))) return true
  const own = container.restartPolicy
  const init = isInitContainer(pod, container.name)
  if (init && own === 'Always') return true
  const policy = own ?? pod.spec?.restartPolicy ?? 'Always'
  if (init) return code !== 0 && policy !== 'Never'
  return policy === 'Always' || (policy === 'OnFailure' && code !== 0)
}

function applies({ action, exitCodes }: ContainerRestartRule, code: number): boolean {
  if (action !== 'Restart' || !exitCodes) return false
  const listed = exitCodes.values?.includes(code) ?? false
  return exitCodes.operator === 'In' ? listed : exitCodes.operator === 'NotIn' && !listed
}
