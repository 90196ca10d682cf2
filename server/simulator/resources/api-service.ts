import { invalid } from './field-error.ts'
import { pathSegment } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { APIService } from './kinds.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-aggregator/pkg/apis/apiregistration/validation/validation.go */
export const apiService: KindBehaviour = {
  // `v1.`, the core group's, is no DNS name.
  validateName: pathSegment,
  validate(object) {
    const { metadata, spec } = object as unknown as APIService
    const wanted = `${spec?.version ?? ''}.${spec?.group ?? ''}`
    return metadata.name === wanted
      ? []
      : [invalid('metadata.name', metadata.name ?? '', `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`)]
  },
}
