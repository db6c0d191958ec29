"""The doctor: a configuration held against what both systems demand, before any record is looked at.

``examine`` gives findings; it needs the CRM's schema, and finds more the more else is known (the MA's fields, its forms, the
owners of either side, page layouts).
"""

from awase.core.doctor.examination import examine as examine
from awase.core.doctor.findings import Finding as Finding
from awase.core.doctor.findings import Level as Level
from awase.core.doctor.known import Absence as Absence
from awase.core.doctor.known import Form as Form
from awase.core.doctor.known import FormField as FormField
from awase.core.doctor.known import Known as Known
