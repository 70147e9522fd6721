//! Aggregates that ask whether enough persons hold something, in memory that does not grow with how many do.
//!
//! A floor of k persons is kept or not by k of them: so no group remembers more than k, where counting distinct persons
//! would remember all.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
    mem::size_of,
    sync::Arc,
};

use arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Float64Array, Int64Array, Int64Builder, ListArray,
        ListBuilder, PrimitiveBuilder,
    },
    datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type},
};
use datafusion::{
    common::{DataFusionError, exec_err},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature, TypeSignature,
        Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};

type Result<T> = std::result::Result<T, DataFusionError>;

/// How many persons hold something, counted up to `floor` and no further.
pub(crate) fn holders(person: Expr, floor: u32) -> Expr {
    call(Asked::Number, floor, vec![person])
}

/// The persons who hold something: the `floor` of them with the smallest numbers, sorted, or all if they are fewer.
pub(crate) fn some_holders(person: Expr, floor: u32) -> Expr {
    call(Asked::Persons, floor, vec![person])
}

/// The largest amount that at least `floor` persons reach; none where fewer persons have any.
pub(crate) fn reached_from_above(amount: Expr, person: Expr, floor: u32) -> Expr {
    call(Asked::Largest, floor, vec![amount, person])
}

/// The smallest amount that at least `floor` persons reach; none where fewer persons have any.
pub(crate) fn reached_from_below(amount: Expr, person: Expr, floor: u32) -> Expr {
    call(Asked::Smallest, floor, vec![amount, person])
}

fn call(asked: Asked, floor: u32, arguments: Vec<Expr>) -> Expr {
    let takes = match asked {
        Asked::Number | Asked::Persons => vec![DataType::Int64],
        Asked::Largest | Asked::Smallest => vec![DataType::Float64, DataType::Int64],
    };
    let signature = Signature::new(TypeSignature::Exact(takes), Volatility::Immutable);
    let name = format!("kiban_{asked:?}_{floor}").to_lowercase();
    AggregateUDF::from(AskHolders { name, asked, floor: usize::try_from(floor).unwrap_or(usize::MAX), signature })
        .call(arguments)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Number,
    Persons,
    Largest,
    Smallest,
}

/// One question with its floor; its name tells it from others.
#[derive(Debug)]
struct AskHolders {
    name: String,
    asked: Asked,
    floor: usize,
    signature: Signature,
}

impl PartialEq for AskHolders {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for AskHolders {}

impl Hash for AskHolders {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

fn list_of(kind: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(kind, true)))
}

impl AggregateUDFImpl for AskHolders {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.asked {
            Asked::Number => DataType::Int64,
            Asked::Persons => list_of(DataType::Int64),
            Asked::Largest | Asked::Smallest => DataType::Float64,
        })
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        exec_err!("{} is asked of groups only", self.name)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |name: &str, kind| Arc::new(Field::new(format!("{}[{name}]", args.name), list_of(kind), true));
        Ok(match self.asked {
            Asked::Number | Asked::Persons => vec![field("persons", DataType::Int64)],
            Asked::Largest | Asked::Smallest => {
                vec![field("amounts", DataType::Float64), field("persons", DataType::Int64)]
            }
        })
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        let floor = self.floor;
        Ok(match self.asked {
            Asked::Number | Asked::Persons => Box::new(Few { asked: self.asked, groups: Groups::new(floor, before) }),
            Asked::Largest => Box::new(Reached { groups: Groups::new(floor, above) }),
            Asked::Smallest => Box::new(Reached { groups: Groups::new(floor, below) }),
        })
    }
}

/// Of every group the best of its persons, each with what makes them so, the best first.
struct Groups<T> {
    floor: usize,
    best: Vec<Vec<(T, i64)>>,
    /// Orders what makes a person better; the person's number decides between equals.
    order: fn(&(T, i64), &(T, i64)) -> Ordering,
    /// Bytes behind the groups.
    held: usize,
}

fn before(left: &((), i64), right: &((), i64)) -> Ordering {
    left.1.cmp(&right.1)
}

fn above(left: &(f64, i64), right: &(f64, i64)) -> Ordering {
    right.0.total_cmp(&left.0).then(left.1.cmp(&right.1))
}

fn below(left: &(f64, i64), right: &(f64, i64)) -> Ordering {
    left.0.total_cmp(&right.0).then(left.1.cmp(&right.1))
}

impl<T: Copy> Groups<T> {
    fn new(floor: usize, order: fn(&(T, i64), &(T, i64)) -> Ordering) -> Self {
        Self { floor, best: Vec::new(), order, held: 0 }
    }

    fn grow(&mut self, groups: usize) {
        if self.best.len() < groups {
            self.best.resize_with(groups, Vec::new);
        }
    }

    /// Keeps a person if they are among the best of a group; of one person only the best counts.
    fn offer(&mut self, group: usize, one: (T, i64)) {
        let (order, floor) = (self.order, self.floor);
        let Some(best) = self.best.get_mut(group) else { return };
        let is_full = best.len() >= floor;
        if is_full && best.last().is_none_or(|worst| order(&one, worst) != Ordering::Less) {
            return;
        }
        if let Some(known) = best.iter().position(|(_, person)| *person == one.1) {
            if best.get(known).is_some_and(|known| order(&one, known) != Ordering::Less) {
                return;
            }
            best.remove(known);
        } else if is_full {
            best.pop();
        }
        let room = best.capacity();
        let place = best.partition_point(|known| order(known, &one) == Ordering::Less);
        best.insert(place, one);
        self.held += (best.capacity() - room) * size_of::<(T, i64)>();
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Vec<(T, i64)>> {
        let taken = emit_to.take_needed(&mut self.best);
        let bytes: usize = taken.iter().map(|best| best.capacity() * size_of::<(T, i64)>()).sum();
        self.held = self.held.saturating_sub(bytes);
        taken
    }

    fn bytes(&self) -> usize {
        self.held + self.best.capacity() * size_of::<Vec<(T, i64)>>()
    }
}

fn persons_of<T>(groups: &[Vec<(T, i64)>]) -> ListArray {
    lists::<_, Int64Type>(groups, |one| one.1)
}

fn lists<T, P: ArrowPrimitiveType>(groups: &[Vec<(T, i64)>], of: impl Fn(&(T, i64)) -> P::Native) -> ListArray {
    let mut list = ListBuilder::new(PrimitiveBuilder::<P>::new());
    for group in groups {
        group.iter().for_each(|one| list.values().append_value(of(one)));
        list.append(true);
    }
    list.finish()
}

/// Whether a row counts.
fn counts(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

/// The few persons of each group with the smallest numbers.
struct Few {
    asked: Asked,
    groups: Groups<()>,
}

impl GroupsAccumulator for Few {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let [persons] = values else { return exec_err!("holders takes persons") };
        let persons = persons.as_primitive::<Int64Type>();
        self.groups.grow(total_num_groups);
        for (row, group) in group_indices.iter().enumerate() {
            if persons.is_valid(row) && counts(opt_filter, row) {
                self.groups.offer(*group, ((), persons.value(row)));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = self.groups.take(emit_to);
        Ok(if self.asked == Asked::Persons {
            Arc::new(persons_of(&groups))
        } else {
            let number = |group: &Vec<((), i64)>| i64::try_from(group.len()).unwrap_or(i64::MAX);
            Arc::new(Int64Array::from_iter_values(groups.iter().map(number)))
        })
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(persons_of(&self.groups.take(emit_to)))])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        let [persons] = values else { return exec_err!("holders merges persons") };
        let lists = persons.as_list::<i32>();
        self.groups.grow(total_num_groups);
        for (row, group) in group_indices.iter().enumerate() {
            let persons = lists.value(row);
            for person in persons.as_primitive::<Int64Type>().values() {
                self.groups.offer(*group, ((), *person));
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let [persons] = values else { return exec_err!("holders takes persons") };
        let persons = persons.as_primitive::<Int64Type>();
        let mut list = ListBuilder::new(Int64Builder::new());
        for row in 0..persons.len() {
            if persons.is_valid(row) && counts(opt_filter, row) {
                list.values().append_value(persons.value(row));
            }
            list.append(true);
        }
        Ok(vec![Arc::new(list.finish())])
    }

    fn size(&self) -> usize {
        self.groups.bytes()
    }
}

/// The few persons of each group who reach farthest, with how far.
struct Reached {
    groups: Groups<f64>,
}

impl GroupsAccumulator for Reached {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let [amounts, persons] = values else { return exec_err!("what is reached takes amounts and persons") };
        let (amounts, persons) = (amounts.as_primitive::<Float64Type>(), persons.as_primitive::<Int64Type>());
        self.groups.grow(total_num_groups);
        for (row, group) in group_indices.iter().enumerate() {
            if amounts.is_valid(row) && persons.is_valid(row) && counts(opt_filter, row) {
                self.groups.offer(*group, (amounts.value(row), persons.value(row)));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let floor = self.groups.floor;
        let groups = self.groups.take(emit_to);
        let reached = groups.iter().map(|best| best.get(floor.checked_sub(1)?).map(|one| one.0));
        Ok(Arc::new(reached.collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.groups.take(emit_to);
        Ok(vec![Arc::new(lists::<_, Float64Type>(&groups, |one| one.0)), Arc::new(persons_of(&groups))])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        let [amounts, persons] = values else { return exec_err!("what is reached merges amounts and persons") };
        let (amounts, persons) = (amounts.as_list::<i32>(), persons.as_list::<i32>());
        self.groups.grow(total_num_groups);
        for (row, group) in group_indices.iter().enumerate() {
            let (amounts, persons) = (amounts.value(row), persons.value(row));
            let persons = persons.as_primitive::<Int64Type>().values();
            for one in amounts.as_primitive::<Float64Type>().values().iter().zip(persons) {
                self.groups.offer(*group, (*one.0, *one.1));
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let [amounts, persons] = values else { return exec_err!("what is reached takes amounts and persons") };
        let (amounts, persons) = (amounts.as_primitive::<Float64Type>(), persons.as_primitive::<Int64Type>());
        let groups: Vec<Vec<(f64, i64)>> = (0..persons.len())
            .map(|row| {
                let counts = amounts.is_valid(row) && persons.is_valid(row) && counts(opt_filter, row);
                if counts { vec![(amounts.value(row), persons.value(row))] } else { Vec::new() }
            })
            .collect();
        Ok(vec![Arc::new(lists::<_, Float64Type>(&groups, |one| one.0)), Arc::new(persons_of(&groups))])
    }

    fn size(&self) -> usize {
        self.groups.bytes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use arrow::record_batch::RecordBatch;
    use datafusion::prelude::{SessionConfig, SessionContext, col};
    use proptest::prelude::*;

    use super::*;

    /// By group: how many, who, and what is reached from above and from below.
    type Answers = BTreeMap<i64, (i64, Vec<i64>, Option<f64>, Option<f64>)>;

    /// Asks a plan in several partitions and batches, so that states are merged.
    fn asked(rows: &[(i64, Option<i64>, Option<f64>)], floor: u32) -> Answers {
        let config = SessionConfig::new().with_target_partitions(3).with_batch_size(4);
        let context = SessionContext::new_with_config(config);
        let columns: [(&str, ArrayRef); 3] = [
            ("of", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)))),
            ("person", Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>())),
            ("amount", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
        let asks = vec![
            holders(col("person"), floor),
            some_holders(col("person"), floor),
            reached_from_above(col("amount"), col("person"), floor),
            reached_from_below(col("amount"), col("person"), floor),
        ];
        let plan = context.read_batch(batch).unwrap().aggregate(vec![col("of")], asks).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut found = BTreeMap::new();
        for batch in runtime.block_on(plan.collect()).unwrap() {
            let of = batch.column(0).as_primitive::<Int64Type>();
            let (numbers, lists) = (batch.column(1).as_primitive::<Int64Type>(), batch.column(2).as_list::<i32>());
            let (tops, bottoms) =
                (batch.column(3).as_primitive::<Float64Type>(), batch.column(4).as_primitive::<Float64Type>());
            for row in 0..batch.num_rows() {
                let persons = lists.value(row).as_primitive::<Int64Type>().values().to_vec();
                let end = |ends: &Float64Array| ends.is_valid(row).then(|| ends.value(row));
                found.insert(of.value(row), (numbers.value(row), persons, end(tops), end(bottoms)));
            }
        }
        found
    }

    /// The same by holding everything.
    fn expected(rows: &[(i64, Option<i64>, Option<f64>)], floor: usize) -> Answers {
        let groups: BTreeSet<i64> = rows.iter().map(|row| row.0).collect();
        let of = |group: i64| {
            let mine = || rows.iter().filter(move |row| row.0 == group);
            let persons: BTreeSet<i64> = mine().filter_map(|row| row.1).collect();
            let mut ends: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
            for (person, amount) in mine().filter_map(|row| Some((row.1?, row.2?))) {
                let end = ends.entry(person).or_insert((amount, amount));
                *end = (end.0.max(amount), end.1.min(amount));
            }
            let (mut tops, mut bottoms): (Vec<f64>, Vec<f64>) = ends.into_values().unzip();
            tops.sort_by(|a, b| b.total_cmp(a));
            bottoms.sort_by(f64::total_cmp);
            let nth = |ends: &[f64]| ends.get(floor - 1).copied();
            let number = i64::try_from(persons.len().min(floor)).unwrap();
            (number, persons.into_iter().take(floor).collect(), nth(&tops), nth(&bottoms))
        };
        groups.into_iter().map(|group| (group, of(group))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_few_persons_tell_what_all_would(
            rows in prop::collection::vec((0..4_i64, prop::option::weighted(0.9, 0..9_i64), prop::option::weighted(0.9, (0..7_i8).prop_map(f64::from))), 1..80),
            floor in 1..5_u32,
        ) {
            prop_assert_eq!(asked(&rows, floor), expected(&rows, floor as usize));
        }
    }
}
