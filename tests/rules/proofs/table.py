"""All mutations and charts by rule."""

from collections.abc import Mapping

from tests.rules.proofs.chart import Chart
from tests.rules.proofs.charts_of_drug_lines import CHARTS_OF_DRUG_LINES
from tests.rules.proofs.charts_of_services import CHARTS_OF_SERVICES
from tests.rules.proofs.drug_lines import DRUG_LINES
from tests.rules.proofs.mutation import Mutation
from tests.rules.proofs.services import SERVICES

MUTATIONS: Mapping[str, tuple[Mutation, ...]] = {**SERVICES, **DRUG_LINES}
CHARTS: Mapping[str, Mapping[str, Chart]] = {**CHARTS_OF_SERVICES, **CHARTS_OF_DRUG_LINES}
