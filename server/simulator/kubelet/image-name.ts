const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const domain = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]+)?'
const rest = '(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?'
const reference = new RegExp(`^(?:${domain}/)?${part}(?:/${part})*${rest}$`)
const lowered = new RegExp(`^(?:${domain}/)?${part}(?:/${part})*${rest}$`, 'i')

/**
 * What is wrong with an image's name, in the words of the library that the kubelet reads names with; undefined when it is one.
 * https://github.com/distribution/reference
 */
export function imageNameProblem(image: string): string | undefined {
  const fail = (why: string): string => `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${why}`
  if (reference.test(image)) return undefined
  if (!lowered.test(image)) return fail('invalid reference format')
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  const path = name.includes('/') ? name : `library/${name}`
  return fail(`invalid reference format: repository name (${path}) must be lowercase`)
}
