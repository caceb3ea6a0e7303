import { defineError } from '../../platform/errors.ts'

/** The page of an address could not be had. */
export const pageFailed = defineError({
  code: 'document.page_failed',
  status: 502,
  title: 'The page could not be fetched',
})
