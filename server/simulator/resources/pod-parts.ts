import { child, children, draftOf, ensure, same } from './draft.ts'
import { forbidden, invalid } from './field-error.ts'
import { qosClass } from './pod.ts'
import type { FieldError } from './field-error.ts'
import type { Draft, StoredObject } from './object.ts'

/** What of a pod two of its subresources write: the size of its containers, and containers for debugging. */

/** The old pod with what the subresource may write of the one that was sent. */
export function mergePodPart(part: 'resize' | 'ephemeralcontainers', sent: Draft, old: StoredObject): Draft {
  const draft = draftOf(old)
  const spec = ensure(draft, 'spec')
  const wanted = child(sent, 'spec')
  if (part === 'ephemeralcontainers') {
    spec['ephemeralContainers'] = children(wanted, 'ephemeralContainers')
    return draft
  }
  for (const list of ['containers', 'initContainers']) {
    for (const container of children(spec, list)) {
      const resized = children(wanted, list).find((one) => one['name'] === container['name'])
      if (!resized) continue
      if (resized['resources'] === undefined) delete container['resources']
      else container['resources'] = resized['resources']
      if (resized['resizePolicy'] !== undefined) container['resizePolicy'] = resized['resizePolicy']
    }
  }
  return draft
}

export function validatePodPart(part: 'resize' | 'ephemeralcontainers', object: StoredObject, old: StoredObject): FieldError[] {
  return part === 'resize' ? validateResize(object, old) : validateDebugging(object, old)
}

/** https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#limitations */
function validateResize(object: StoredObject, old: StoredObject): FieldError[] {
  const [after, before] = [ensure(draftOf(object), 'spec'), ensure(draftOf(old), 'spec')]
  const errors: FieldError[] = []
  const quality = qosClass(after)
  if (quality !== qosClass(before)) errors.push(invalid('spec', quality, 'Pod QOS Class may not change as a result of resizing'))
  for (const [index, container] of children(after, 'containers').entries()) {
    const was = child(children(before, 'containers')[index], 'resources')
    const is = child(container, 'resources')
    for (const kind of ['limits', 'requests']) {
      const [now, then] = [child(is, kind) ?? {}, child(was, kind) ?? {}]
      const names = new Set([...Object.keys(now), ...Object.keys(then)])
      if ([...names].some((name) => name !== 'cpu' && name !== 'memory' && !same(now[name], then[name]))) {
        errors.push(forbidden('spec', 'only cpu and memory resources are mutable'))
      }
      if (Object.keys(then).some((name) => now[name] === undefined)) {
        errors.push(forbidden(`spec.containers[${index}].resources.${kind}`, `resource ${kind} cannot be removed`))
      }
    }
  }
  return errors
}

function validateDebugging(object: StoredObject, old: StoredObject): FieldError[] {
  const list = (from: StoredObject): readonly Draft[] => children(child(draftOf(from), 'spec'), 'ephemeralContainers')
  return list(old).flatMap((before) => {
    const name = JSON.stringify(before['name'])
    const after = list(object).find((one) => one['name'] === before['name'])
    if (!after) return [forbidden('spec.ephemeralContainers', `existing ephemeral containers ${name} may not be removed`)]
    return same(after, before) ? [] : [forbidden('spec.ephemeralContainers', `existing ephemeral containers ${name} may not be changed`)]
  })
}
