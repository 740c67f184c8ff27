/* Room identity's door for the corridor: API keys in `Authorization: Bearer …`, sessions of people in their cookie. Const;
 * any thread. */
#ifndef HANSA_IDENTITY_DOOR_H
#define HANSA_IDENTITY_DOOR_H

struct hansa_door;
extern const struct hansa_door hansa_identity_door;

#endif
