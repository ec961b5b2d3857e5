"""Recalls that are running get their lines: whoever was phoned before and reached stays so."""

from django.db import migrations

LINES = """
INSERT INTO tcm_pharmacy_recallcontact
       (recall_id, case_id, person_id, institution_id, bags, state, tries, reason, settled_at, settled_by)
SELECT DISTINCT ON (r.id, c.id) r.id, c.id, c.person_id, c.institution_id,
       coalesce((c.facts ->> 'packs')::int, (c.facts ->> 'doses')::int, 1),
       CASE WHEN n.outcome = 'reached' THEN 'reached' ELSE 'open' END,
       CASE WHEN coalesce(n.outcome, '') = '' THEN 0 ELSE 1 END, '',
       CASE WHEN n.outcome = 'reached' THEN n.sent_at END, CASE WHEN n.outcome = 'reached' THEN n.handled_by END
  FROM cases_case r
  JOIN tcm_pharmacy_herblot l
    ON l.herb = r.facts ->> 'herb' AND l.number = r.facts ->> 'number' AND l.maker = r.facts ->> 'maker'
  JOIN tcm_pharmacy_weighing w ON w.lot_id = l.id
  JOIN cases_case c ON c.id = w.case_id AND c.state IN ('handed_out', 'delivered') AND c.person_id IS NOT NULL
  LEFT JOIN notices_notice n ON n.key = 'recall-' || r.id || '-' || c.person_id || '-call'
 WHERE r.programme = 'tcm_recall' AND r.closed_at IS NULL
 ORDER BY r.id, c.id
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("tcm_pharmacy", "0009_days"), ("notices", "0001_initial")]
    operations = [migrations.RunSQL(LINES, migrations.RunSQL.noop)]
