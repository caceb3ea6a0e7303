import { defineError } from '../../platform/errors.ts'

/** The tenant has no such domain. */
export const domainNotFound = defineError({ code: 'domain.not_found', status: 404, title: 'There is no such domain' })
/** The domain is another tenant's, this server's own, or in the list already. */
export const domainTaken = defineError({ code: 'domain.taken', status: 409, title: 'The domain is taken' })
/** The TXT record that proves the domain is missing or holds something else. */
export const domainUnproven = defineError({
  code: 'domain.unproven',
  status: 409,
  title: 'The domain is not proven yet',
})
/** A tenant has as many domains as it may have. */
export const tooManyDomains = defineError({ code: 'domain.too_many', status: 409, title: 'There are too many domains' })
