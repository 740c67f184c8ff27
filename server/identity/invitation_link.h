/* Links that prove an address: made here, sealed for the outbox, shown by `hansa admin link list`. Loop thread, but for open. */
#ifndef HANSA_IDENTITY_INVITATION_LINK_H
#define HANSA_IDENTITY_INVITATION_LINK_H

#include <hansa/call.h>
#include <stddef.h>
#include <stdint.h>

enum { HANSA_LINK_URL_MAX = 512 };

/* Makes a link to `page` for the call's tenant: sets the values token_hash and sealed. END = answered. */
enum hansa_step_result hansa_identity_link_mint(struct hansa_call *call, const char *page);
/* A link for a tenant: `ret_hash` what is stored of its token, `ret_sealed` (at most HANSA_LINK_URL_MAX + 64 bytes) the address
 * of the page, sealed, `ret_url` in clear. False = no secret_file, or no random bytes. */
bool hansa_identity_link_make(const char *tenant, const char *page, uint8_t ret_hash[32], uint8_t *ret_sealed,
                              size_t *ret_sealed_len, char ret_url[HANSA_LINK_URL_MAX]);
/* Opens what link_make sealed; false = another secret_file, or touched. */
bool hansa_identity_link_open(const char *tenant, const uint8_t hash[32], const uint8_t *sealed, size_t sealed_len,
                              char ret_url[HANSA_LINK_URL_MAX]);

#endif
