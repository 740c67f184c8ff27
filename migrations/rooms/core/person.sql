-- Kept answers (core.idempotency) may hold what a person's record told; they go with the person. A call that is repeated
-- afterwards under the same key is then a new call.
create or replace function core.answers_forget(p_tenant uuid, p_texts text[]) returns integer
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_count integer;
begin
    delete from core.idempotency i
     where i.tenant_id = p_tenant
       and exists (select from unnest(p_texts) t (text)
                    where position(lower(t.text) in lower(coalesce(i.body, '') || coalesce(i.columns::text, ''))) > 0);
    get diagnostics v_count = row_count;
    return v_count;
end $$;
comment on function core.answers_forget(uuid, text[]) is 'Deletes kept answers that hold one of these texts, letter case aside.';

grant execute on function core.answers_forget(uuid, text[]) to hansa_app;
