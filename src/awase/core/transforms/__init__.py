"""Field transforms: what happens to a value on its way to the other side, as expressions over columns.

A chain of steps stands in a field mapping (``to_crm``, ``to_ma``). ``result_kind`` tells what kind of value a chain
gives, or raises StepProblem; ``transformed`` compiles it.
"""

from awase.core.transforms.chain import BARE_NAMES as BARE_NAMES
from awase.core.transforms.chain import NAMES as NAMES
from awase.core.transforms.chain import possible_kinds as possible_kinds
from awase.core.transforms.chain import result_kind as result_kind
from awase.core.transforms.chain import transformed as transformed
from awase.core.transforms.steps import Argument as Argument
from awase.core.transforms.steps import Made as Made
from awase.core.transforms.steps import Replacement as Replacement
from awase.core.transforms.steps import Step as Step
from awase.core.transforms.steps import StepProblem as StepProblem
from awase.core.transforms.steps import Steps as Steps
from awase.core.transforms.steps import TrueFalse as TrueFalse
