--! job
--! hands: sandbox/settings_take
--! about: Hands the firm's settings to its sandbox, when that was made or emptied.
select h.hand_to, h.body from sandbox.settings_hand(:tenant) as h
