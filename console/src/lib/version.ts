/** The version this console was built with; the server that serves it is of the same build. */
export const version = import.meta.env.TENANTRY_VERSION
