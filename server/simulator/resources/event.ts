import { setDefaults } from './draft.ts'
import { invalid } from './field-error.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { Event } from './kinds.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/events.go legacyValidateEvent */
export const event: KindBehaviour = {
  defaults(draft) {
    // Go writes these always.
    for (const field of ['eventTime', 'firstTimestamp', 'lastTimestamp']) if (draft[field] === undefined) draft[field] = null
    setDefaults(draft, { reportingComponent: '', reportingInstance: '' })
  },
  validate(object) {
    const { involvedObject, metadata } = object as unknown as Event
    const namespace = involvedObject?.namespace ?? ''
    // What has no namespace is spoken of in the default one, or in the system's.
    const meant = namespace === '' ? ['default', 'kube-system'] : [namespace]
    return meant.includes(metadata.namespace ?? '')
      ? []
      : [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')]
  },
  fields(object) {
    const { involvedObject: of, reason, reportingComponent, source, type } = object as unknown as Event
    const about = {
      kind: of?.kind,
      namespace: of?.namespace,
      name: of?.name,
      uid: of?.uid,
      apiVersion: of?.apiVersion,
      resourceVersion: of?.resourceVersion,
      fieldPath: of?.fieldPath,
    }
    return {
      ...Object.fromEntries(Object.entries(about).map(([key, value]) => [`involvedObject.${key}`, value ?? ''])),
      reason: reason ?? '',
      reportingComponent: reportingComponent ?? '',
      source: source?.component || reportingComponent || '',
      type: type ?? '',
    }
  },
}
