/** The migrated database that tests clone. */
export const TEMPLATE = 'looklook_template'
