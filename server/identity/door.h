/* Room identity's door for the corridor: API keys in `Authorization: Bearer …`. Const; any thread. */
#ifndef HANSA_IDENTITY_DOOR_H
#define HANSA_IDENTITY_DOOR_H

struct hansa_door;
extern const struct hansa_door hansa_identity_door;

#endif
