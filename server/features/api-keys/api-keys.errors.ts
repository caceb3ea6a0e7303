import { defineError } from '../../platform/errors.ts'

/** The tenant has no such key, or it was revoked. */
export const apiKeyNotFound = defineError({ code: 'api_key.not_found', status: 404, title: 'There is no such API key' })
/** A tenant has as many keys as it may have. */
export const tooManyApiKeys = defineError({
  code: 'api_key.too_many',
  status: 409,
  title: 'There are too many API keys',
})
